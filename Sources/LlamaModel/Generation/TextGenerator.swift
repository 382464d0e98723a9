package import Tokenizers

/// What writes texts: an ``Engine``, or a stand-in of tests. Safe to use from any thread.
package protocol TextGenerator: Sendable {
    var tokenizer: any Tokenizer { get }
    /// Positions that a request may have at most, its prompt and all that is written.
    var contextLength: Int { get }
    /// Requests that are written at the same time.
    var slots: Int { get }

    /// Takes a request on, or refuses it at once.
    ///
    /// Events come as they happen and end with `.finished` or a thrown ``GenerationError``. A consumer that stops listening, or whose
    /// task is cancelled, cancels the request: its slot and pages are free within a step.
    func generate(_ request: Generation) throws(GenerationError) -> AsyncThrowingStream<GenerationEvent, any Error>

    /// How things stand.
    var load: GeneratorLoad { get }
}

extension TextGenerator {
    /// The result of a request, waited for.
    package func result(of request: Generation) async throws -> GenerationResult {
        for try await event in try generate(request) {
            if case .finished(let result) = event { return result }
        }
        throw GenerationError.cancelled
    }
}

/// How a generator stands at a moment; counts are since it was made.
package struct GeneratorLoad: Sendable, Equatable {
    package var queued = 0
    package var oldestQueued: Duration?
    package var running = 0
    package var freeSlots = 0
    /// Pages of keys and values: those that requests hold, those kept for prompts to come, those of no use to anybody.
    package var heldPages = 0
    package var cachedPages = 0
    package var freePages = 0
    /// Requests that ended with a result, and all others.
    package var finished: UInt64 = 0
    package var failed: UInt64 = 0
    /// Tokens read, found in the prefix cache, and chosen.
    package var promptTokens: UInt64 = 0
    package var cachedTokens: UInt64 = 0
    package var generatedTokens: UInt64 = 0
    /// Guessed tokens that were tried, and that were right.
    package var draftedTokens: UInt64 = 0
    package var acceptedTokens: UInt64 = 0
    package var steps: UInt64 = 0
    /// How long the step in work, or the last one, has taken; and since when no step has ended although there was work: what health asks.
    package var lastStep: Duration = .zero
    package var stalledFor: Duration = .zero

    package init() {}
}
