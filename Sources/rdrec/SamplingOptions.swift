import ArgumentParser
import Wire

/// How a language model chooses its words: options of the commands that have it write.
struct SamplingOptions: ParsableArguments {
    @Option(help: "0 for the most likely words, as by default; higher for more variety.")
    var temperature: Double?

    @Option(help: "Draw only from the most likely tokens that together have this probability, 0 to 1. Default: off.")
    var topP: Double?

    @Option(help: "Draw only from so many of the most likely tokens. Default: off.")
    var topK: UInt32?

    @Option(help: "The same seed gives the same text.")
    var seed: UInt64?

    @Option(help: "Tokens written at most, of a rationale in each sentence. Default: the server's.")
    var maxTokens: UInt32?

    func validate() throws {
        if let temperature, !(0...100).contains(temperature) { throw ValidationError("--temperature takes 0 to 100.") }
        if let topP, !(0...1).contains(topP) { throw ValidationError("--top-p takes 0 to 1.") }
    }

    /// Nil where nothing is asked for.
    var message: Sampling? {
        let sampling = Sampling(
            temperature: temperature ?? 0, topP: topP ?? 0, topK: topK ?? 0, seed: seed ?? 0, maxTokens: maxTokens ?? 0)
        return sampling == Sampling() ? nil : sampling
    }
}
