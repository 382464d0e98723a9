import Kernels
import LlamaModel
import Locks
import ModelFiles
import Testing

/// Whatever happens to an engine in whatever order, its slots and pages return to their full number, and what is written is what the
/// request gives alone.
@Suite(.serialized, .timeLimit(.minutes(5))) struct EngineEventsTests {
    @Test(
        "10,000 random events: requests that end, are cancelled, too late, refused, or whose reader walks away",
        arguments: [1, 2] as [UInt64])
    func events(_ seed: UInt64) async throws {
        var configuration = EngineConfiguration()
        // Pages for a few requests of those in the slots, so that they wait for each other and the prefix cache has to let go.
        (configuration.slots, configuration.contextLength, configuration.queuedRequests) = (6, 512, 24)
        configuration.promptTokensPerStep = 48
        let engine = try engine(configuration, pages: 40)
        let outcome = await Result { try await live(engine, seed) }
        engine.stop()
        try outcome.get()
    }

    private func live(_ engine: Engine, _ seed: UInt64) async throws {
        let start = engine.load
        var random = SeededGenerator(seed)
        let tally = Tally()
        var running: [Task<Void, Never>] = []
        var taken = 0
        for event in 0..<10_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<7:
                let request = request(engine, &random), leaves = Int.random(in: 0..<12, using: &random)
                do throws(GenerationError) {
                    let events = try engine.generate(request)
                    taken += 1
                    running.append(Task { await read(events, request, leavesAfter: leaves == 0 ? 2 : nil, tally) })
                } catch {
                    guard case .overloaded(_, let retry) = error, retry > .zero else { throw error }
                    tally.count("refused")
                    await Task.yield()
                }
            case 7: running.randomElement(using: &random)?.cancel()
            case 8: await Task.yield()
            default: if event % 20 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            let load = engine.load
            #expect(load.heldPages + load.cachedPages + load.freePages == start.freePages)
            #expect(load.running + load.freeSlots == 6 && load.queued <= 24)
            if running.count > 64 { running.removeFirst(32) }
        }
        for task in running { await task.value }
        while engine.load.finished + engine.load.failed < start.finished + start.failed + UInt64(taken) {
            try await Task.sleep(for: .milliseconds(2))
        }
        let load = engine.load
        #expect(load.heldPages == 0 && load.freeSlots == 6 && load.cachedPages + load.freePages == start.freePages)
        #expect(load.finished + load.failed == start.finished + start.failed + UInt64(taken))
        let counts = tally.counts
        for kind in ["finished", "late", "refused", "left", "cancelled"] { #expect(counts[kind, default: 0] > 20, "\(kind) of \(counts)") }
        #expect(Set(counts.keys) == ["finished", "late", "refused", "left", "cancelled"])
        #expect(tally.texts.allSatisfy { $0.value.count == 1 }, "a greedy request has one text, whatever was around it")
        #expect(tally.texts.count > 20)
    }

    /// One of few prompts, so that many share a beginning and several are the same.
    private func request(_ engine: Engine, _ random: inout SeededGenerator) -> Generation {
        let kind = Int32.random(in: 0..<40, using: &random)
        let prompt = (0..<Int32.random(in: 1...3, using: &random) * 40).map { 3 + ($0 * 7 + ($0 > 30 ? kind : kind % 3)) % 200 }
        var parts: [Generation.Part] = [
            .given(prompt), .written(.init(maxTokens: 1 + Int(kind), style: kind % 2 == 0 ? .sentence : .free(stops: []))),
        ]
        if kind % 4 == 0 { parts += [.given([9, 8, 7]), .written(.init(maxTokens: 12, style: .sentence))] }
        let isSampled = kind % 5 == 0
        var request = Generation(
            parts: parts, sampling: isSampled ? Sampling(temperature: 0.9, topK: 20, seed: UInt64(kind)) : Sampling(),
            priority: Bool.random(using: &random) ? .bulk : .interactive, draftSource: kind % 3 == 0 ? Array(prompt.suffix(30)) : [],
            streams: kind % 7 == 0)
        if Int.random(in: 0..<6, using: &random) == 0 { request.deadline = .now + .microseconds(Int.random(in: 0...3_000, using: &random)) }
        return request
    }

    /// - Parameter leavesAfter: events after which the reader lets go of the stream, as when its peer has died.
    private func read(
        _ events: AsyncThrowingStream<GenerationEvent, any Error>, _ request: Generation, leavesAfter: Int?, _ tally: Tally
    ) async {
        do {
            var seen = 0
            if leavesAfter != nil, !request.streams { return tally.count("left") }
            for try await event in events {
                seen += 1
                if case .finished(let result) = event {
                    tally.count("finished")
                    tally.add(result, of: request)
                }
                if seen == leavesAfter { return tally.count("left") }
            }
            if Task.isCancelled { tally.count("cancelled") }
        } catch GenerationError.deadlineExceeded {
            tally.count("late")
        } catch {
            tally.count((error as? GenerationError) == .cancelled ? "cancelled" : "\(error)")
        }
    }

    /// The tiny model with room for longer texts than its file says.
    private func engine(_ configuration: EngineConfiguration, pages: Int) throws -> Engine {
        var parts = GGUFParts(Array(try GoldenModel.fixture("models/tiny-llama.gguf")))
        let context = try #require(parts.keys.firstIndex { $0.name == "llama.context_length" })
        parts.keys[context].value = GGUFParts.bytes(UInt32(4)) + GGUFParts.bytes(UInt32(512))
        let file = try GGUFFile(MappedFile(parts.file, name: "tiny"))
        let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: 2))
        let weights = try LlamaWeights(file, contextLength: 512, kernels: kernels)
        var configuration = configuration
        configuration.keyValueBytes = pages * KeyValuePages.byteCount(weights.configuration, pages: 1, half: configuration.halfPrecision)
        return Engine(LlamaModel(weights, kernels: kernels), tokenizer: try TokenizerLoading.tokenizer(of: file), configuration)
    }
}

/// What became of the requests. Safe from any task.
private final class Tally: Sendable {
    private let state = Locked<(counts: [String: Int], texts: [String: Set<[Int32]>])>(([:], [:]))

    var counts: [String: Int] { state.withLock { $0.counts } }
    var texts: [String: Set<[Int32]>] { state.withLock { $0.texts } }

    func count(_ kind: String) { state.withLock { $0.counts[kind, default: 0] += 1 } }

    func add(_ result: GenerationResult, of request: Generation) {
        let key = "\(request.parts) \(request.sampling)"
        _ = state.withLock { $0.texts[key, default: []].insert(result.written.flatMap(\.tokens)) }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
