package import Dispatch
internal import Foundation
package import Tokenizers

/// Writes many texts at a time with one model (continuous batching; Yu et al., "Orca", OSDI 2022).
///
/// One thread of its own has the model, the pages and all requests with a slot; a team of kernel threads helps it. Every step is one
/// ragged batch of prompts being read and texts being written; requests join and leave between steps. A text has the same tokens
/// whatever else is being written: a row of any product or attention has the same bits in any batch.
///
/// Safe to use from any thread. ``stop()`` ends it; until then it keeps itself alive.
package final class Engine: TextGenerator {
    package let tokenizer: any Tokenizer
    package let contextLength: Int
    package let slots: Int
    private let inbox: EngineInbox
    private let pageCount: Int
    private let closingTokens: Int
    private let warm = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - model: Used by the engine's thread alone from now on.
    package init(_ model: sending LlamaModel, tokenizer: any Tokenizer, _ configuration: EngineConfiguration = EngineConfiguration()) {
        precondition((1...256).contains(configuration.slots), "an engine has 1 to 256 slots, not \(configuration.slots)")
        precondition(configuration.promptTokensPerStep > 0, "an engine reads at least one token of a prompt in a step")
        let table = TokenTable(tokenizer), inbox = EngineInbox(configuration)
        self.tokenizer = tokenizer
        self.inbox = inbox
        slots = configuration.slots
        closingTokens = table.fullStop.count
        let pageBytes = KeyValuePages.byteCount(model.weights.configuration, pages: 1, half: configuration.halfPrecision)
        let context = min(configuration.contextLength, model.weights.contextLength)
        // More than all slots could fill is of use to the prefix cache alone.
        pageCount = max(configuration.keyValueBytes / pageBytes, 1)
        contextLength = min(context, pageCount * KeyValuePages.positionsPerPage)
        let loop = EngineLoop(model, table, inbox, configuration, pages: pageCount, contextLength: contextLength)
        let warm = warm, ended = ended
        // The loop is handed over to its thread, which alone uses it.
        let thread = Thread { [loop = UncheckedTransfer(loop)] in
            loop.value.warmUp()
            warm.signal()
            loop.value.run()
            ended.signal()
        }
        thread.name = "engine"
        thread.start()
    }

    package func generate(_ request: Generation) throws(GenerationError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        if let fault = Writer.fault(in: request) { throw .invalid(fault) }
        let tokens = request.mostTokens + closingTokens * request.parts.count / 2
        guard tokens <= contextLength else {
            throw .invalid(
                "\(request.promptTokens) tokens of prompt and all that is to be written come to \(tokens); there is room for \(contextLength)"
            )
        }
        for case .given(let tokens) in request.parts {
            if let token = tokens.first(where: { $0 < 0 || Int($0) >= tokenizer.vocabularyCount }) {
                throw .invalid("token \(token) is not in the vocabulary of \(tokenizer.vocabularyCount)")
            }
        }
        return try inbox.submit(request)
    }

    package var load: GeneratorLoad { inbox.load }

    /// Returns when a step of every size has run, so that memory is there and weights have been seen. Blocks meanwhile.
    package func waitUntilWarm() {
        warm.wait()
        warm.signal()
    }

    /// Ends all requests with ``GenerationError/stopping`` and returns when the thread has ended: after the step that is in work, and at
    /// the latest after `patience`, since a step that hangs must not keep a process from its end. Blocks: to be called from a thread that may
    /// wait, as often as one likes.
    package func stop(patience: DispatchTimeInterval = .seconds(5)) {
        inbox.close()
        if ended.wait(timeout: .now() + patience) == .success { ended.signal() }
    }
}

/// Carries the loop into its thread.
private struct UncheckedTransfer<Value>: @unchecked Sendable {
    // Whoever makes it gives the value up.
    let value: Value
    init(_ value: Value) { self.value = value }
}
