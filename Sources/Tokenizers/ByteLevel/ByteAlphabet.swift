/// The characters that stand for bytes in the vocabularies of byte-level models (GPT-2's `bytes_to_unicode`): printable ones for
/// themselves, the others for those from U+0100 on, in order.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            let stands: ClosedRange<Int>? = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF].first { $0.contains(byte) }
            if stands == nil { next += 1 }
            return Unicode.Scalar(stands == nil ? next - 1 : UInt32(byte)) ?? " "
        }
    }()

    private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

    /// The bytes that a piece of the vocabulary stands for; nil where it has another character.
    static func bytes(of piece: String) -> [UInt8]? {
        var result: [UInt8] = []
        for scalar in piece.unicodeScalars {
            guard let byte = bytes[scalar] else { return nil }
            result.append(byte)
        }
        return result
    }

    static func piece(of bytes: some Sequence<UInt8>) -> String {
        var piece = String.UnicodeScalarView()
        for byte in bytes { piece.append(scalars[Int(byte)]) }
        return String(piece)
    }
}
