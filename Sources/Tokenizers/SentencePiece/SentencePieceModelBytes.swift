/// What spiece.model says, read far enough to be sure that libsentencepiece stays within its memory: it follows the offsets of a file's
/// normalisation table without looking, and so does whoever passes one on.
///
/// The format is sentencepiece_model.proto of the library's sources (protobuf, proto2).
struct SentencePieceModelBytes {
    struct Piece {
        var text = ""
        var score: Float = 0
        /// As in the file: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
        var kind: UInt64 = 1
    }

    private(set) var pieces: [Piece] = []
    /// 1 unigram, 2 byte pairs, 3 words, 4 characters.
    private(set) var modelType: UInt64 = 1

    init(_ bytes: [UInt8]) throws(TokenizerError) {
        var message = ProtobufFields(bytes[...], "spiece.model")
        while let field = try message.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let piece)): pieces.append(try Self.piece(piece, pieces.count))
            case (2, .bytes(let trainer)):
                var fields = ProtobufFields(trainer, "trainer_spec")
                while let field = try fields.next() {
                    if case (3, .integer(let type)) = (field.number, field.value) { modelType = type }
                }
            case (3, .bytes(let normalizer)): try Self.checkNormalizer(normalizer, "normalizer_spec")
            case (5, .bytes(let denormalizer)): try Self.checkNormalizer(denormalizer, "denormalizer_spec")
            case (1...3, _), (5, _): throw TokenizerError("spiece.model: field \(field.number) is not a message")
            default: break
            }
        }
        guard !pieces.isEmpty else { throw TokenizerError("spiece.model: no pieces; is this a SentencePiece model?") }
    }

    private static func piece(_ bytes: ArraySlice<UInt8>, _ index: Int) throws(TokenizerError) -> Piece {
        var fields = ProtobufFields(bytes, "piece \(index)"), piece = Piece()
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)):
                guard let text = String(validating: text, as: UTF8.self), !text.isEmpty, !text.utf8.contains(0) else {
                    throw TokenizerError("spiece.model: the text of piece \(index) is empty, no UTF-8, or holds a NUL")
                }
                piece.text = text
            case (2, .fixed32(let bits)):
                piece.score = Float(bitPattern: bits)
                guard piece.score.isFinite else { throw TokenizerError("spiece.model: the score of piece \(index) is \(piece.score)") }
            case (3, .integer(let kind)):
                guard (1...6).contains(kind) else { throw TokenizerError("spiece.model: piece \(index) is of kind \(kind)") }
                piece.kind = kind
            case (1...3, _): throw TokenizerError("spiece.model: field \(field.number) of piece \(index) is of another type")
            default: break
            }
        }
        guard !piece.text.isEmpty else { throw TokenizerError("spiece.model: piece \(index) has no text") }
        return piece
    }

    private static func checkNormalizer(_ bytes: ArraySlice<UInt8>, _ name: String) throws(TokenizerError) {
        var fields = ProtobufFields(bytes, name)
        while let field = try fields.next() {
            guard field.number == 2 else { continue }
            guard case .bytes(let table) = field.value else { throw TokenizerError("spiece.model: \(name): no table in field 2") }
            if !table.isEmpty { try NormalizationTable.check(Array(table), name) }
        }
    }

    /// Holds the file against T5: a unigram model whose first pieces are padding, end and unknown.
    func requireT5() throws(TokenizerError) {
        guard modelType == 1 else {
            throw TokenizerError("spiece.model: a model of type \(modelType); T5 has unigram models (1)")
        }
        guard pieces.count < 1 << 24 else {
            throw TokenizerError("spiece.model: \(pieces.count) pieces; at most \((1 << 24) - 1) are read")
        }
        let first = pieces.prefix(3).map(\.kind)
        guard first == [3, 3, 2] else {
            throw TokenizerError(
                "spiece.model: pieces 0, 1 and 2 have to be <pad>, </s> (control) and <unk> (unknown), as in T5's; these are "
                    + pieces.prefix(3).map { "'\($0.text)'" }.joined(separator: ", "))
        }
        if let other = pieces.dropFirst(3).firstIndex(where: { $0.kind == 2 }) {
            throw TokenizerError("spiece.model: piece \(other), '\(pieces[other].text)', is a second unknown one")
        }
        // By their bytes: strings are equal in Swift where they are canonically equivalent, and two such pieces are not one.
        var seen = Set<[UInt8]>(minimumCapacity: pieces.count)
        for (index, piece) in pieces.enumerated() where !seen.insert(Array(piece.text.utf8)).inserted {
            throw TokenizerError("spiece.model: piece \(index), '\(piece.text)', is there twice")
        }
        try requireFewNestedSymbols()
    }

    /// The library looks up which user-defined pieces a text begins with in an array of 64 places.
    private func requireFewNestedSymbols() throws(TokenizerError) {
        let symbols = pieces.filter { $0.kind == 4 }.map { Array($0.text.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        // Those that the one before begins with, the shortest first.
        var beginnings: [[UInt8]] = []
        for symbol in symbols {
            while let last = beginnings.last, !symbol.starts(with: last) { beginnings.removeLast() }
            beginnings.append(symbol)
            guard beginnings.count <= 32 else {
                throw TokenizerError("spiece.model: more than 32 user-defined pieces are each the beginning of the next")
            }
        }
    }
}

/// The fields of a protobuf message, one after the other.
struct ProtobufFields {
    enum Value {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    private let name: String

    /// - Parameter name: Of the message, for errors.
    init(_ bytes: ArraySlice<UInt8>, _ name: String) {
        rest = bytes
        self.name = name
    }

    mutating func next() throws(TokenizerError) -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try varint(), number = key >> 3
        guard number > 0 else { throw fault("a field numbered 0") }
        switch key & 7 {
        case 0: return (number, .integer(try varint()))
        case 1:
            _ = try take(8)
            return (number, .fixed64)
        case 2: return (number, .bytes(try take(varint())))
        case 5: return (number, .fixed32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }))
        default: throw fault("a field of wire type \(key & 7)")
        }
    }

    private mutating func varint() throws(TokenizerError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, through: 63, by: 7) {
            guard let byte = rest.popFirst() else { throw fault("it ends within a number") }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw fault("a number of more than ten bytes")
    }

    private mutating func take(_ count: UInt64) throws(TokenizerError) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw fault("\(count) bytes, but \(rest.count) are left") }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private func fault(_ message: String) -> TokenizerError {
        TokenizerError("spiece.model: \(name), at byte \(rest.startIndex): \(message); the file is cut off or damaged")
    }
}
