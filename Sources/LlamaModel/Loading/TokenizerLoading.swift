package import ModelFiles
package import Tokenizers

/// The tokenizer that a GGUF file describes in its `tokenizer.ggml.*` keys.
package enum TokenizerLoading {
    /// - Throws: A ``ModelFileError`` that names the key that is missing, unknown or contradicts another.
    package static func tokenizer(of file: GGUFFile) throws(ModelFileError) -> any Tokenizer {
        let vocabulary = try vocabulary(of: file)
        let beginning = try token("tokenizer.ggml.bos_token_id", file, vocabulary.count)
        let addsBeginning = try flag("tokenizer.ggml.add_bos_token", file)
        let ends = try ends(of: file, vocabulary)
        switch try file.string("tokenizer.ggml.model") {
        case "gpt2":
            let merges = try file.array("tokenizer.ggml.merges").strings(), rule = try preTokenizer(of: file)
            return try named(file) { () throws(TokenizerError) in
                try ByteLevelTokenizer(
                    vocabulary: vocabulary, merges: merges, preTokenizer: rule, beginning: addsBeginning == true ? beginning : nil,
                    ends: ends)
            }
        case "llama":
            let scores = try file.array("tokenizer.ggml.scores").floats(), space = try flag("tokenizer.ggml.add_space_prefix", file)
            return try named(file) { () throws(TokenizerError) in
                try SentencePieceBPETokenizer(
                    vocabulary: vocabulary, scores: scores, addsSpace: space ?? true, beginning: addsBeginning ?? true ? beginning : nil,
                    ends: ends)
            }
        case let model: throw ModelFileError(file: file.path, "'tokenizer.ggml.model' is '\(model)'; 'gpt2' and 'llama' are read")
        }
    }

    private static func named<Result>(
        _ file: GGUFFile, _ body: () throws(TokenizerError) -> Result
    ) throws(ModelFileError) -> Result {
        do { return try body() } catch { throw ModelFileError(file: file.path, "the tokenizer: \(error.description)") }
    }

    private static func vocabulary(of file: GGUFFile) throws(ModelFileError) -> [(text: String, kind: TokenKind)] {
        let texts = try file.array("tokenizer.ggml.tokens").strings()
        // Fewer are usual: files pad the embedding. More would be tokens that the model knows nothing of.
        if let embedding = file.tensorIfPresent("token_embd.weight"), texts.count > embedding.rows {
            throw ModelFileError(
                file: file.path, "'tokenizer.ggml.tokens' has \(texts.count) elements, 'token_embd.weight' \(embedding.rows) rows")
        }
        guard file[key: "tokenizer.ggml.token_type"] != nil else { return texts.map { ($0, .normal) } }
        let kinds = try file.array("tokenizer.ggml.token_type").integers()
        guard kinds.count == texts.count else {
            throw ModelFileError(
                file: file.path, "'tokenizer.ggml.token_type' has \(kinds.count) elements, 'tokenizer.ggml.tokens' \(texts.count)")
        }
        var vocabulary: [(text: String, kind: TokenKind)] = []
        for (id, kind) in kinds.enumerated() {
            guard let known = Int32(exactly: kind).flatMap(TokenKind.init) else {
                throw ModelFileError(file: file.path, "'tokenizer.ggml.token_type': element \(id) is \(kind)")
            }
            vocabulary.append((texts[id], known))
        }
        return vocabulary
    }

    private static func preTokenizer(of file: GGUFFile) throws(ModelFileError) -> PreTokenizer {
        let name = file[key: "tokenizer.ggml.pre"] == nil ? "default" : try file.string("tokenizer.ggml.pre")
        guard let rule = PreTokenizer(rawValue: name) else {
            let known = PreTokenizer.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelFileError(file: file.path, "'tokenizer.ggml.pre' is '\(name)'; these are read: \(known)")
        }
        return rule
    }

    /// Tokens that end a text or a turn: those that the file names, and control tokens that are known for it.
    private static func ends(of file: GGUFFile, _ vocabulary: [(text: String, kind: TokenKind)]) throws(ModelFileError) -> Set<Int32> {
        var ends: Set<Int32> = []
        for key in ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"] {
            if let token = try token(key, file, vocabulary.count) { ends.insert(token) }
        }
        let known: Set<String> = ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "</s>"]
        for (id, piece) in vocabulary.enumerated() where piece.kind == .control && known.contains(piece.text) { ends.insert(Int32(id)) }
        return ends
    }

    private static func token(_ key: String, _ file: GGUFFile, _ count: Int) throws(ModelFileError) -> Int32? {
        guard file[key: key] != nil else { return nil }
        let token = try file.integer(key)
        guard (0..<count).contains(token) else {
            throw ModelFileError(file: file.path, "'\(key)' is \(token); the vocabulary has \(count) tokens")
        }
        return Int32(token)
    }

    private static func flag(_ key: String, _ file: GGUFFile) throws(ModelFileError) -> Bool? {
        file[key: key] == nil ? nil : try file.bool(key)
    }
}
