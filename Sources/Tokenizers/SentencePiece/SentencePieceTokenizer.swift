internal import CSentencePiece

/// T5's tokenizer: SentencePiece's unigram model (Kudo, 2018) by libsentencepiece, and the 100 sentinels that T5 puts behind it, of which
/// `<extra_id_0>` is the last. Padding is 0, the end token 1, the unknown one 2.
///
/// Safe to use from any thread.
package final class SentencePieceTokenizer: @unchecked Sendable {
    // Set once, here; the library's const functions may run on many threads.
    private let model: OpaquePointer
    /// The file's bytes, spiece.model: what a checkpoint holds.
    package let bytes: [UInt8]
    /// Pieces of the model; their ids are below.
    package let pieceCount: Int

    package static let padToken: Int32 = 0
    package static let endToken: Int32 = 1
    package static let unknownToken: Int32 = 2
    /// T5's sentinels, whether or not a model is trained on them: its embedding has rows for them.
    package static let sentinelCount = 100
    /// The largest file that is read.
    package static let mostBytes = 256 << 20

    /// Pieces and sentinels. An embedding may have more rows, such as t5-small's 32,128 for 32,100.
    package var vocabularyCount: Int { pieceCount + Self.sentinelCount }

    /// Reads a model.
    ///
    /// - Parameter bytes: Of spiece.model.
    /// - Throws: What is wrong with them, with the place; anything that the library would read outside of its memory for.
    package init(_ bytes: [UInt8]) throws(TokenizerError) {
        guard bytes.count <= Self.mostBytes else {
            throw TokenizerError("spiece.model: \(bytes.count) bytes; at most \(Self.mostBytes) are read")
        }
        let checked = try SentencePieceModelBytes(bytes)
        try checked.requireT5()
        var loaded: OpaquePointer?
        let fault = SentencePieceFault.of { csp_load(bytes, bytes.count, &loaded, $0, $1) }
        guard let loaded, fault == nil else {
            throw TokenizerError("spiece.model: the library refuses it: \(fault ?? "no reason given")")
        }
        model = loaded
        self.bytes = bytes
        pieceCount = csp_count(loaded)
    }

    deinit { csp_free(model) }

    /// The id of `<extra_id_index>`, 0 ..< ``sentinelCount``.
    package func sentinel(_ index: Int) -> Int32 {
        precondition((0..<Self.sentinelCount).contains(index), "sentinel \(index) of \(Self.sentinelCount)")
        return Int32(vocabularyCount - 1 - index)
    }

    /// The ids of a text, without an end token.
    ///
    /// - Parameter parsingSpecial: Whether `<pad>`, `</s>`, `<unk>` and `<extra_id_0>` ... in the text become the tokens of that name, as
    ///   Hugging Face's tokenizer has it. Only for text that the program wrote itself.
    package func encode(_ text: String, parsingSpecial: Bool = false) -> [Int32] {
        guard parsingSpecial else { return encode(words: text) }
        var ids: [Int32] = [], rest = text[...], words = text.startIndex
        while let mark = rest.firstIndex(of: "<") {
            if let end = text[mark...].firstIndex(of: ">"), let token = special(text[mark...end]) {
                ids += encode(words: String(text[words..<mark]))
                ids.append(token)
                words = text.index(after: end)
                rest = text[words...]
            } else {
                rest = text[text.index(after: mark)...]
            }
        }
        return ids + encode(words: String(text[words...]))
    }

    private func special(_ name: Substring) -> Int32? {
        switch name {
        case "<pad>": return Self.padToken
        case "</s>": return Self.endToken
        case "<unk>": return Self.unknownToken
        default:
            guard name.hasPrefix("<extra_id_"), let index = Int(name.dropFirst(10).dropLast()),
                String(index) == name.dropFirst(10).dropLast(),
                (0..<Self.sentinelCount).contains(index)
            else { return nil }
            return sentinel(index)
        }
    }

    private func encode(words text: String) -> [Int32] {
        var text = text, ids: [Int32] = []
        text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { utf8 in
                guard let base = utf8.baseAddress, utf8.count > 0 else { return }
                withUnsafeMutablePointer(to: &ids) { ids in
                    requireSuccess("encode") { error, capacity in
                        csp_encode(
                            model, base, utf8.count,
                            { context, found, count in
                                context.assumingMemoryBound(to: [Int32].self).pointee = Array(
                                    UnsafeBufferPointer(start: found, count: count))
                            }, ids, error, capacity)
                    }
                }
            }
        }
        return ids
    }

    /// A token of a text, and the part of the normalised text that it stands for; U+2581 stands for a space.
    package struct Piece: Sendable, Equatable {
        package let id: Int32
        package let text: String
    }

    /// The pieces of a text. A run of characters that no piece has is one piece, with the unknown token.
    package func pieces(_ text: String) -> [Piece] { spans(text).map { Piece(id: $0.id, text: String(decoding: $0.bytes, as: UTF8.self)) } }

    /// The text as the model sees it: compatibility forms unified, control characters and surplus blanks gone, U+2581 for spaces.
    package func normalize(_ text: String) -> String {
        var bytes: [UInt8] = []
        for span in spans(text) {
            if csp_piece_kind(model, span.id) == CSP_BYTE, let byte = Self.byte(span.bytes) {
                bytes.append(byte)
            } else {
                bytes += span.bytes
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func byte(_ piece: [UInt8]) -> UInt8? {
        guard piece.count == 6 else { return nil }
        return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
    }

    private typealias Span = (id: Int32, bytes: [UInt8])

    private func spans(_ text: String) -> [Span] {
        var text = text, spans: [Span] = []
        text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { utf8 in
                guard let base = utf8.baseAddress, utf8.count > 0 else { return }
                withUnsafeMutablePointer(to: &spans) { spans in
                    requireSuccess("pieces") { error, capacity in
                        csp_encode_pieces(
                            model, base, utf8.count,
                            { context, id, piece, length in
                                let bytes = UnsafeRawBufferPointer(start: piece, count: length)
                                context.assumingMemoryBound(to: [Span].self).pointee.append((id, Array(bytes)))
                            }, spans, error, capacity)
                    }
                }
            }
        }
        return spans
    }

    /// The text of ids. Padding and end tokens have none; sentinels are written as they are named, and ids that are no token's, such as
    /// those of items, are left out.
    package func decode(_ ids: some Sequence<Int32>) -> String {
        var parts: [String] = [], run: [Int32] = []
        for id in ids {
            if id >= 0, Int(id) < pieceCount {
                run.append(id)
            } else if id >= 0, Int(id) < vocabularyCount {
                if !run.isEmpty { parts.append(decode(pieces: run)) }
                parts.append("<extra_id_\(vocabularyCount - 1 - Int(id))>")
                run = []
            }
        }
        if !run.isEmpty { parts.append(decode(pieces: run)) }
        return parts.lazy.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func decode(pieces ids: [Int32]) -> String {
        var text = ""
        withUnsafeMutablePointer(to: &text) { text in
            requireSuccess("decode") { error, capacity in
                csp_decode(
                    model, ids, ids.count,
                    { context, bytes, length in
                        context.assumingMemoryBound(to: String.self).pointee = String(
                            decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
                    }, text, error, capacity)
            }
        }
        return text
    }

    /// What a piece is for; sentinels are controls.
    package enum Kind: String, Sendable { case normal, unknown, control, unused, byte }

    /// The text, log-probability and kind of a token below ``vocabularyCount``.
    package func entry(_ id: Int32) -> (text: String, score: Float, kind: Kind) {
        precondition(id >= 0 && Int(id) < vocabularyCount, "token \(id) of \(vocabularyCount)")
        guard Int(id) < pieceCount else { return ("<extra_id_\(vocabularyCount - 1 - Int(id))>", 0, .control) }
        var length = 0
        let bytes = csp_piece(model, id, &length)
        let kind: Kind =
            switch csp_piece_kind(model, id) {
            case CSP_UNKNOWN: .unknown
            case CSP_CONTROL: .control
            case CSP_UNUSED: .unused
            case CSP_BYTE: .byte
            default: .normal
            }
        return (String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self), csp_score(model, id), kind)
    }

    /// Texts of a Swift string are UTF-8 and ids are checked: the library has no reason left to refuse them.
    private func requireSuccess(_ operation: StaticString, _ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) {
        if let fault = SentencePieceFault.of(call) { preconditionFailure("SentencePiece: \(operation): \(fault)") }
    }
}

/// The text of an error that a C function left.
enum SentencePieceFault {
    static func of(_ call: (UnsafeMutablePointer<CChar>, Int) -> CInt) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { error in
            guard let base = error.baseAddress else { return nil }
            base.initialize(repeating: 0, count: error.count)
            return call(base, error.count) == 0 ? nil : String(cString: base)
        }
    }
}
