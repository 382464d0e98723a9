import LlamaModel
import Testing

@Suite(.serialized) struct EngineLimitTests {
    private func error(_ body: () async throws -> Void) async -> GenerationError? {
        do {
            try await body()
            return nil
        } catch { return error as? GenerationError }
    }

    @Test("What can never be written is refused with its reason")
    func invalid() async throws {
        try await ModelEngine.with { model in
            let engine = model.engine
            for (request, reason) in [
                (Generation(parts: []), "in turns"), (Generation(parts: [.given([1])]), "in turns"),
                (Generation(parts: [.given([]), .written(.init(maxTokens: 1, style: .sentence))]), "no tokens"),
                (Generation(parts: [.given([1]), .written(.init(maxTokens: 0, style: .sentence))]), "budget of 0"),
                (Generation(parts: [.given([-1]), .written(.init(maxTokens: 1, style: .sentence))]), "token -1"),
                (Generation(parts: [.given([49_152]), .written(.init(maxTokens: 1, style: .sentence))]), "token 49152"),
                (model.completion("a", most: 4_000), "there is room for 2048"),
                (model.completion("a", most: 1, sampling: Sampling(temperature: -1)), "temperature"),
                (model.completion("a", most: 1, sampling: Sampling(temperature: .nan)), "temperature"),
            ] {
                let error = await error { _ = try await engine.result(of: request) }
                guard case .invalid(let text)? = error else {
                    Issue.record("\(String(describing: error)) where '\(reason)' was expected")
                    continue
                }
                #expect(text.contains(reason))
            }
        }
    }

    @Test("A full queue refuses at once, and what was taken on is written")
    func overload() async throws {
        var configuration = EngineConfiguration()
        (configuration.slots, configuration.queuedRequests) = (1, 2)
        try await ModelEngine.with(configuration) { model in
            var streams: [AsyncThrowingStream<GenerationEvent, any Error>] = [], refusals = 0
            for _ in 0..<20 {
                do throws(GenerationError) {
                    streams.append(try model.engine.generate(model.completion("One, two,", most: 8)))
                } catch {
                    if case .overloaded(_, let retry) = error, retry > .zero { refusals += 1 }
                }
            }
            #expect(refusals >= 17 && streams.count + refusals == 20)
            for stream in streams { for try await _ in stream {} }
            #expect(model.engine.load.finished == UInt64(streams.count))
        }
    }

    @Test("Cancelled and late requests end so, and slots and pages return to their full number after any mix")
    func giveUp() async throws {
        var configuration = EngineConfiguration()
        (configuration.slots, configuration.keyValueBytes) = (4, 32 << 20)
        try await ModelEngine.with(configuration) { model in
            let pages = model.engine.load.freePages
            var generator = SeededGenerator(3), tasks: [Task<Void, any Error>] = []
            for index in 0..<60 {
                var request = model.form(ModelEngine.reviews[index % 8] + " \(index)", budget: 6)
                request.priority = index % 2 == 0 ? .bulk : .interactive
                if index % 5 == 0 { request.deadline = .now + .milliseconds(Int.random(in: 0...200, using: &generator)) }
                let final = request
                let task = Task { _ = try await model.engine.result(of: final) }
                tasks.append(task)
                if index % 3 == 0 {
                    await Task.yield()
                    task.cancel()
                }
            }
            var outcomes: [String: Int] = [:]
            for task in tasks {
                switch await task.result {
                case .success: outcomes["finished", default: 0] += 1
                case .failure(let error): outcomes["\((error as? GenerationError).map { "\($0)" } ?? "other")", default: 0] += 1
                }
            }
            #expect(outcomes["other"] == nil && outcomes["finished", default: 0] >= 20)
            // A cancelled one's slot is free within a step.
            while model.engine.load.running > 0 || model.engine.load.queued > 0 { try await Task.sleep(for: .milliseconds(5)) }
            let load = model.engine.load
            #expect(load.heldPages == 0 && load.freeSlots == 4 && load.cachedPages + load.freePages == pages)
            #expect(load.finished + load.failed == 60)
        }
    }

    @Test("An engine that stops ends what it has with that word, and takes nothing more")
    func stop() async throws {
        try await ModelEngine.with { model in
            let streams = try (0..<40).map { try model.engine.generate(model.completion("Number \($0):", most: 500)) }
            model.engine.stop()
            for stream in streams { #expect(await end(of: stream) == .stopping) }
            #expect(await error { _ = try await model.engine.result(of: model.completion("a", most: 1)) } == .stopping)
        }
    }

    private func end(of stream: AsyncThrowingStream<GenerationEvent, any Error>) async -> GenerationError? {
        do {
            for try await _ in stream {}
            return nil
        } catch { return error as? GenerationError }
    }
}
