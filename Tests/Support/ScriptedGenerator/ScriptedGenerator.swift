package import LlamaModel
internal import Locks
package import Tokenizers

/// A stand-in for the engine: the text follows from the prompt and the sampling, a byte is a token, and each takes as long as the script
/// says. Keeps to everything that `TextGenerator` promises: slots, its queue's bound, cancellation, deadlines.
package final class ScriptedGenerator: TextGenerator {
    package struct Script: Sendable {
        package var slots = 4
        package var contextLength = 4_096
        package var maxQueued = 1_024
        /// Of each part that is written.
        package var delay: Duration = .zero
        /// Requests that are answered before it stands still; nil for all.
        package var answers: Int?

        package init() {}
    }

    package let tokenizer: any Tokenizer
    package let script: Script
    package var slots: Int { script.slots }
    package var contextLength: Int { script.contextLength }

    private struct State {
        var load = GeneratorLoad()
        var waiting: [AsyncStream<Never>.Continuation] = []
        var stalledSince: ContinuousClock.Instant?
    }
    private let state = Locked(State())

    package init(_ script: Script = Script()) {
        self.script = script
        tokenizer = ScriptedTokenizer.make()
    }

    /// Makes every request stand still from now on, or go on.
    package func stall(_ stalls: Bool) { state.withLock { $0.stalledSince = stalls ? .now : nil } }

    package var load: GeneratorLoad {
        state.withLock { state in
            var load = state.load
            load.queued = state.waiting.count
            load.freeSlots = script.slots - load.running
            if let since = state.stalledSince { load.stalledFor = .now - since }
            return load
        }
    }

    package func generate(_ request: Generation) throws(GenerationError) -> AsyncThrowingStream<GenerationEvent, any Error> {
        guard request.mostTokens <= script.contextLength else { throw .invalid("\(request.mostTokens) tokens do not fit") }
        guard state.withLock({ $0.waiting.count < script.maxQueued }) else {
            throw .overloaded("the script's queue is full", retryAfter: .milliseconds(20))
        }
        let (events, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
        // As an engine's thread would be: the consumer's end is what ends it.
        let task = Task { await self.write(request, continuation) }
        continuation.onTermination = { _ in task.cancel() }
        return events
    }

    private func write(_ request: Generation, _ events: AsyncThrowingStream<GenerationEvent, any Error>.Continuation) async {
        await takeSlot()
        do {
            let result = try await written(request, events)
            freeSlot { load in
                load.finished += 1
                load.promptTokens += UInt64(result.promptTokens)
                load.generatedTokens += UInt64(result.generatedTokens)
                load.steps += 1
            }
            events.yield(.finished(result))
            events.finish()
        } catch {
            freeSlot { $0.failed += 1 }
            events.finish(throwing: error)
        }
    }

    private func takeSlot() async {
        let turn = state.withLock { state -> AsyncStream<Never>? in
            guard state.load.running >= script.slots else {
                state.load.running += 1
                return nil
            }
            let (turn, continuation) = AsyncStream<Never>.makeStream()
            state.waiting.append(continuation)
            return turn
        }
        // A slot is handed on with the turn; who is cancelled meanwhile takes it to give it back at once.
        guard let turn else { return }
        await Task { for await _ in turn {} }.value
    }

    private func freeSlot(_ count: (inout GeneratorLoad) -> Void) {
        let next = state.withLock { state -> AsyncStream<Never>.Continuation? in
            count(&state.load)
            if let answers = script.answers, state.load.finished >= UInt64(answers), state.stalledSince == nil { state.stalledSince = .now }
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.load.running -= 1
            return nil
        }
        next?.finish()
    }

    private func written(
        _ request: Generation, _ events: AsyncThrowingStream<GenerationEvent, any Error>.Continuation
    ) async throws -> GenerationResult {
        var seed = Fingerprint(), prompt: Int?, parts: [GenerationResult.Written] = []
        seed.add(request.sampling.isGreedy ? 0 : request.sampling.seed)
        for part in request.parts {
            switch part {
            case .given(let tokens):
                prompt = prompt ?? tokens.count
                for token in tokens { seed.add(UInt64(bitPattern: Int64(token))) }
            case .written(let writing):
                try await pause(request.deadline)
                let text = Self.text(writing.style, seed)
                let tokens = Array(tokenizer.encode(text, parsingSpecial: false).prefix(writing.maxTokens))
                let kept = tokenizer.decode(tokens)
                if request.streams {
                    for word in kept.split(separator: " ") {
                        let piece = " " + word
                        events.yield(.text(piece, tokens: tokenizer.encode(piece, parsingSpecial: false)))
                        try await pause(request.deadline)
                    }
                }
                parts.append(GenerationResult.Written(text: kept, tokens: tokens, finish: kept == text ? .stop : .length))
                seed.add(UInt64(parts.count))
            }
        }
        return GenerationResult(written: parts, promptTokens: prompt ?? 0, cachedTokens: 0)
    }

    private func pause(_ deadline: ContinuousClock.Instant?) async throws {
        repeat {
            do {
                if script.delay > .zero || isStalled { try await Task.sleep(for: max(script.delay, .milliseconds(1))) }
                try Task.checkCancellation()
            } catch {
                throw GenerationError.cancelled
            }
            if let deadline, deadline <= .now { throw GenerationError.deadlineExceeded }
        } while isStalled
    }

    private var isStalled: Bool { state.withLock { $0.stalledSince != nil } }

    private static let words = ["warm", "bright", "sturdy", "light", "cheap", "loud", "quick", "small", "smooth", "clear", "soft", "deep"]

    /// A few words, and a full stop where a sentence is asked for.
    private static func text(_ style: Generation.Writing.Style, _ seed: Fingerprint) -> String {
        var rest = seed.value
        let chosen = (0..<6).map { _ in
            defer { rest /= UInt64(words.count) }
            return words[Int(rest % UInt64(words.count))]
        }
        let text = " " + chosen.joined(separator: " ")
        switch style {
        case .sentence: return text + "."
        case .free(let stops):
            let end = stops.compactMap { stop in text.ranges(of: stop).first?.lowerBound }.min()
            return String(text[..<(end ?? text.endIndex)])
        }
    }
}

/// FNV-1a over numbers.
private struct Fingerprint {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { value = (value ^ (number >> shift & 0xFF)) &* 0x100_0000_01B3 }
    }
}
