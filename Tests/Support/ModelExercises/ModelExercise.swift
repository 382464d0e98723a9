package import Kernels
package import LlamaModel
import ModelFiles
import Tokenizers

/// What is done with any model file, right or wrong: it is opened, its tokenizer made and used, its weights loaded, and a step computed.
/// Whatever the file says, this ends with numbers or with a ``ModelFileError`` and never stops the process.
package enum ModelExercise {
    /// How far a file got.
    package enum Outcome: Equatable {
        case refused
        /// The head and the tokenizer, or the head and the weights.
        case partly
        case computed
    }

    /// - Throws: What is thrown that is no ``ModelFileError``, which is a fault.
    package static func run(_ contents: some Collection<UInt8>, _ precision: WeightPrecision, _ kernels: Kernels) throws -> Outcome {
        guard let file = try unlessRefused({ try GGUFFile(MappedFile(contents, name: "exercise")) }) else { return .refused }
        touch(file)
        let tokenizer = try unlessRefused { try TokenizerLoading.tokenizer(of: file) }
        if let tokenizer { try use(tokenizer, file) }
        let weights = try unlessRefused { try LlamaWeights(file, precision: precision, contextLength: 64, kernels: kernels) }
        if let weights { step(LlamaModel(weights, kernels: kernels), weights) }
        switch (tokenizer == nil, weights == nil) {
        case (true, true): return .refused
        case (false, false): return .computed
        default: return .partly
        }
    }

    private static func unlessRefused<Result>(_ body: () throws -> Result) throws -> Result? {
        do { return try body() } catch is ModelFileError { return nil }
    }

    /// Reads every value and tensor as what it is.
    private static func touch(_ file: GGUFFile) {
        for key in file.keys {
            guard case .array(let array) = file[key: key] else { continue }
            _ = try? array.strings()
            _ = try? array.stringBytes()
            _ = try? array.integers()
            _ = try? array.floats()
        }
        for name in file.tensorNames { _ = file.tensorIfPresent(name)?.floats() }
    }

    private static func use(_ tokenizer: any Tokenizer, _ file: GGUFFile) throws {
        let text = "<s>hello hell\n  <|im_end|> naïve 数字 123 😀\t\u{0}'s"
        for special in [false, true] {
            let tokens = tokenizer.encode(text, parsingSpecial: special)
            precondition(tokens.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularyCount }, "a token that the vocabulary does not have")
            var stream = StreamingDetokenizer(tokenizer)
            for token in tokens { _ = stream.append(token) }
            _ = stream.finish()
        }
        for token in Int32(-1)...Int32(tokenizer.vocabularyCount) { _ = tokenizer.bytes(of: token) }
        guard let template = try unlessRefused({ try file.string("tokenizer.chat_template") }) else { return }
        guard let chat = try? ChatTemplate(recognising: template) else { return }
        _ = tokenizer.encode(chat.prompt([ChatMessage(.system, "Be brief."), ChatMessage(.user, text)]))
    }

    /// Three tokens in one sequence, with the logits of the last.
    private static func step(_ model: LlamaModel, _ weights: LlamaWeights) {
        let pages = KeyValuePages(weights.configuration, pages: 1, half: true)
        let last = Int32(weights.configuration.vocabulary - 1), count = min(3, weights.contextLength)
        let tokens = Array([0, last, last / 2].prefix(count)), positions = (0..<Int32(count)).map { $0 }
        [Int32(0)].withUnsafeBufferPointer { table in
            [PagedSequence(rows: 0..<count, first: 0, pages: table)].withUnsafeBufferPointer { sequences in
                tokens.withUnsafeBufferPointer { tokens in
                    positions.withUnsafeBufferPointer { positions in
                        [Int32(count - 1)].withUnsafeBufferPointer { outputs in
                            let batch = LlamaModel.Batch(tokens: tokens, positions: positions, sequences: sequences, outputs: outputs)
                            model.step(batch, pages) { _ in }
                        }
                    }
                }
            }
        }
    }
}
