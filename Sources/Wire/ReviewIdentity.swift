extension Review {
    /// The `review_id` that counts: the given one, or where there is none the one that `types.proto` derives from user, item and time.
    package var effectiveID: String {
        guard reviewID.isEmpty else { return reviewID }
        return [userID, itemID].map(Self.escaped).joined(separator: "|") + "|\(timestampMs)"
    }

    /// So that no two reviews of different users and items have one identity.
    private static func escaped(_ id: String) -> String {
        var bytes: [UInt8] = []
        for byte in id.utf8 {
            if byte == UInt8(ascii: "|") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
