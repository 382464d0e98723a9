internal import Wire

extension [Metadata] {
    /// The first value under `key`.
    package subscript(key key: String) -> [UInt8]? { first { $0.key == key }?.value }

    /// The first value under `key` as text, if it is valid UTF-8.
    package func text(_ key: String) -> String? { self[key: key].flatMap { String(validating: $0, as: UTF8.self) } }

    /// Sets `key` to one value, in place of what was there.
    package mutating func set(_ key: String, _ value: String) {
        removeAll { $0.key == key }
        append(Metadata(key: key, value: [UInt8](value.utf8)))
    }

    /// Entries of one header: more could outgrow the header frame (PROTOCOL.md 2), whatever their bytes are.
    package static var maxCount: Int { 1_024 }

    /// Keys and values together: what `max_metadata_bytes` bounds.
    package var byteCount: Int { reduce(0) { $0 + $1.key.utf8.count + $1.value.count } }

    /// Whether a receiver takes all of it.
    package func mayTravel(maxBytes: Int) -> Bool { byteCount <= maxBytes && count <= Self.maxCount && firstBadKey == nil }

    /// Trailers that the caller takes: none where they are too large for it or a key is not allowed. What a handler adds beside its answer
    /// must not cost the caller the answer.
    func fitting(_ maxBytes: Int) -> [Metadata] { isEmpty || mayTravel(maxBytes: maxBytes) ? self : [] }

    /// The first key that the protocol does not allow: PROTOCOL.md 3, `[a-z0-9_.-]{1,64}`.
    package var firstBadKey: String? {
        first { entry in
            let bytes = entry.key.utf8
            guard (1...64).contains(bytes.count) else { return true }
            return !bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
                default: false
                }
            }
        }?.key
    }
}
