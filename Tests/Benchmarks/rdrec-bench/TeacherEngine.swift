import Kernels
import LlamaModel
import ModelFiles
import Teacher
import Tokenizers

/// An engine as `teacherd` makes it, and what its model's products come to.
struct TeacherEngine {
    let generator: any TextGenerator
    /// Asks for rationales as the service does.
    let writer: RationaleWriter
    /// Multiplications and additions of the weights' products: those of every token that is read, and those of its logits, which only
    /// tokens have after which one is chosen.
    private let operationsPerToken: Double
    private let operationsPerLogits: Double
    /// What a step reads of weights, as they lie in memory.
    let weightBytes: Int
    private let engine: Engine

    /// - Parameter endless: Whether no token ends a text, so that all have their full length.
    init(model path: String, threads: Int, endless: Bool = false) throws {
        let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: threads))
        let file = try GGUFFile(path: path), configuration = EngineConfiguration()
        let weights = try LlamaWeights(file, contextLength: configuration.contextLength, kernels: kernels)
        let tokenizer = try TokenizerLoading.tokenizer(of: file)
        engine = Engine(
            LlamaModel(weights, kernels: kernels), tokenizer: endless ? EndlessTokenizer(tokenizer) : tokenizer, configuration)
        generator = engine
        writer = try RationaleWriter(
            tokenizer: tokenizer, template: ChatTemplate(recognising: file.string("tokenizer.chat_template")), prompt: .standard,
            contextLength: engine.contextLength)
        let sizes = weights.configuration
        let queries = sizes.heads * sizes.headWidth, keys = sizes.keyHeads * sizes.headWidth
        let layer = 2 * sizes.width * queries + 2 * sizes.width * keys + 3 * sizes.width * sizes.feedForward
        operationsPerToken = 2 * Double(sizes.layers * layer)
        operationsPerLogits = 2 * Double(sizes.vocabulary * sizes.width)
        weightBytes = weights.report.weightBytes
    }

    /// To be called once; the generator is of no use afterwards.
    func stop() { engine.stop() }

    func operations(tokens: Int, logits: Int) -> Double { Double(tokens) * operationsPerToken + Double(logits) * operationsPerLogits }

    /// All at the same time; in the order of the requests.
    func results(of requests: [Generation]) async throws -> [GenerationResult] {
        try await withThrowingTaskGroup(of: (Int, GenerationResult).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { [generator] in (index, try await generator.result(of: request)) }
            }
            var results: [(Int, GenerationResult)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Reads `prompt` random tokens and writes `new`, `count` times at the same time.
    func continuations(_ count: Int, prompt: Int, new: Int, seed: Int) async throws -> [GenerationResult] {
        try await results(
            of: (0..<count).map {
                TeacherPrompts.continuation(generator.tokenizer, prompt: prompt, new: new, seed: UInt64(seed * 1_000 + $0))
            })
    }
}

/// A tokenizer whose tokens end nothing.
private struct EndlessTokenizer: Tokenizer {
    let base: any Tokenizer
    let special: SpecialTokens

    init(_ base: any Tokenizer) {
        self.base = base
        var special = base.special
        special.ends = []
        self.special = special
    }

    var vocabularyCount: Int { base.vocabularyCount }
    func encode(words: Substring, into tokens: inout [Int32]) { base.encode(words: words, into: &tokens) }
    func bytes(of token: Int32) -> [UInt8] { base.bytes(of: token) }
}
