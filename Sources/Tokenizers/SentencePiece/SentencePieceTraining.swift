internal import CSentencePiece

/// How a vocabulary is made.
package struct SentencePieceTraining: Sendable {
    /// Pieces to make, padding, end and unknown included. Fewer come out of a text that has not so many.
    package var pieceCount: Int
    /// The part of all characters that the pieces have to cover; the rarest others become unknown.
    package var characterCoverage: Double
    /// Gives each byte a piece, so that no character is unknown. T5's own vocabulary has none.
    package var byteFallback: Bool

    package init(pieceCount: Int, characterCoverage: Double = 0.9995, byteFallback: Bool = false) {
        self.pieceCount = pieceCount
        self.characterCoverage = characterCoverage
        self.byteFallback = byteFallback
    }
}

extension SentencePieceTokenizer {
    /// Trains a unigram model with T5's settings: padding 0, end 1, unknown 2, no beginning, nmt_nfkc. The same lines give the same model.
    ///
    /// Identifiers such as `user_12` are trained on as `user_ user12`: as in T5's vocabulary, no piece joins the underscore with digits.
    /// Blocks for as long as it takes, minutes for gigabytes of text; on the calling thread alone.
    ///
    /// - Parameter lines: The text, of the training split alone.
    /// - Throws: When there is no text, or too few pieces for its characters: the library's own words.
    package static func train(_ training: SentencePieceTraining, on lines: some Sequence<String>) throws(TokenizerError)
        -> SentencePieceTokenizer
    {
        guard (8...1_000_000).contains(training.pieceCount) else {
            throw TokenizerError("a vocabulary of \(training.pieceCount) pieces; 8 to 1,000,000 are possible")
        }
        guard training.characterCoverage > 0.9, training.characterCoverage <= 1 else {
            throw TokenizerError("a character coverage of \(training.characterCoverage); more than 0.9 and up to 1 are possible")
        }
        var text: [UInt8] = [], ends: [Int] = [], longest = 0
        for line in lines {
            let begin = text.count
            append(line.utf8, to: &text)
            guard text.count > begin else { continue }
            ends.append(text.count)
            longest = max(longest, text.count - begin)
        }
        guard !ends.isEmpty else { throw TokenizerError("there is no text to make a vocabulary from") }
        let options = [
            "model_type=unigram", "vocab_size=\(training.pieceCount)", "pad_id=\(padToken)", "eos_id=\(endToken)", "unk_id=\(unknownToken)",
            "bos_id=-1", "pad_piece=<pad>", "eos_piece=</s>", "unk_piece=<unk>", "normalization_rule_name=nmt_nfkc",
            "character_coverage=\(training.characterCoverage)", "byte_fallback=\(training.byteFallback)", "hard_vocab_limit=false",
            // One thread, all sentences in their order: otherwise the model depends on the machine. No line is too long to be used.
            "num_threads=1", "input_sentence_size=0", "max_sentence_length=\(longest + 1)", "minloglevel=3",
        ].map { "--\($0)" }.joined(separator: " ")
        var model: [UInt8] = []
        let fault = text.withUnsafeBytes { text in
            withUnsafeMutablePointer(to: &model) { model in
                SentencePieceFault.of { error, capacity in
                    guard let text = text.baseAddress else { return 0 }
                    return csp_train(
                        options, text.assumingMemoryBound(to: CChar.self), ends, ends.count,
                        { context, bytes, count in
                            context.assumingMemoryBound(to: [UInt8].self).pointee = Array(
                                UnsafeRawBufferPointer(start: bytes, count: count))
                        }, model, error, capacity)
                }
            }
        }
        if let fault { throw TokenizerError("no vocabulary of \(training.pieceCount) pieces: \(fault)") }
        return try SentencePieceTokenizer(model)
    }

    /// Appends a line, with `user_ user12` for words such as `user_12`.
    private static func append(_ line: String.UTF8View, to text: inout [UInt8]) {
        let space = UInt8(ascii: " "), underscore = UInt8(ascii: "_")
        var word = text.count
        for byte in line {
            if byte == space { word = text.count + 1 }
            // A digit behind "letters_" begins the name again, without the underscore.
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), text.count >= word + 2, text[text.count - 1] == underscore {
                let name = Array(text[word..<text.count - 1])
                if name.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }) {
                    text.append(space)
                    word = text.count
                    text += name
                }
            }
            text.append(byte)
        }
    }
}
