import ChildProcesses
import LlamaModel
import RPC
import ScriptedGenerator
import Teacher
import Testing
import Transport
import Wire

/// The service as its callers see it.
@Suite(.timeLimit(.minutes(2)))
struct TeacherServiceTests {
    @Test("A rationale comes with both sentences, the review's identity and full provenance")
    func rationale() async throws {
        try await DaemonFixture.with { fixture in
            let review = Review(userID: "u|1", itemID: "i", text: "Lasts for ever.", timestampMs: 7)
            let response = try await fixture.teacher.generateRationale(
                GenerateRationaleRequest(review: review, sampling: Sampling(maxTokens: 40)), options: CallOptions(waitForReady: true))
            guard case .rationale(let rationale) = response.outcome else { throw Missing(description: "a rationale") }
            #expect(rationale.reviewID == "u\\|1|i|7" && rationale.userID == "u|1" && rationale.itemID == "i")
            #expect(rationale.userPreference.hasPrefix("The user prefers ") && rationale.userPreference.hasSuffix("."))
            #expect(rationale.itemAttributes.hasPrefix("The item is ") && rationale.itemAttributes.hasSuffix("."))
            let provenance = try found(rationale.provenance, "provenance")
            #expect(provenance.modelDigest == "scripted" && provenance.modelName == "scripted" && provenance.promptVersion == "scripted-1")
            #expect(provenance.sampling == "greedy max_tokens=40" && provenance.workerID == "inside")
            #expect(provenance.promptTokens > 0 && provenance.generatedTokens > 0 && provenance.createdAtMs > 0)
        }
    }

    @Test(
        "A request that nothing can come of is INVALID_ARGUMENT and names the field",
        arguments: [
            (GenerateRationaleRequest(), "review is missing"),
            (GenerateRationaleRequest(review: Review(text: " \n")), "review.text"),
            (GenerateRationaleRequest(review: Review(text: "unreadable")), "review.text"),
            (GenerateRationaleRequest(review: Review(text: "x"), sampling: Sampling(temperature: 101)), "sampling.temperature"),
            (GenerateRationaleRequest(review: Review(text: "x"), sampling: Sampling(temperature: .nan)), "sampling.temperature"),
            (GenerateRationaleRequest(review: Review(text: "x"), sampling: Sampling(topP: 1.5)), "sampling.top_p"),
            (GenerateRationaleRequest(review: Review(text: "x"), priority: Priority(rawValue: 9)), "priority"),
            (GenerateRationaleRequest(review: Review(text: "x", rating: .nan)), "review.rating"),
            (GenerateRationaleRequest(review: Review(userID: String(repeating: "u", count: 1_025), text: "x")), "review.user_id"),
            (GenerateRationaleRequest(review: Review(text: String(repeating: "x", count: 262_145))), "review.text"),
        ])
    func invalid(_ request: GenerateRationaleRequest, _ field: String) async throws {
        try await DaemonFixture.with { fixture in
            let error = try await failure { try await fixture.teacher.generateRationale(request) }
            #expect(error.code == .invalidArgument && error.message.contains(field), "\(error)")
        }
    }

    @Test(
        "A completion that nothing can come of is INVALID_ARGUMENT and names the field",
        arguments: [
            (CompleteRequest(), "prompt or chat"),
            (CompleteRequest(input: .prompt("")), "prompt"),
            (CompleteRequest(input: .chat(Chat())), "chat.messages"),
            (CompleteRequest(input: .chat(Chat(messages: [ChatMessage(role: "tool", content: "x")]))), "chat.messages[0].role"),
            (CompleteRequest(input: .chat(Chat(messages: [ChatMessage(role: "assistant", content: "x")]))), "chat.messages"),
            (CompleteRequest(input: .prompt("x"), stop: Array(repeating: "a", count: 17)), "stop"),
            (CompleteRequest(input: .prompt("x"), stop: [""]), "stop"),
            (CompleteRequest(input: .prompt("x"), sampling: Sampling(maxTokens: 5_000)), "sampling.max_tokens"),
            (CompleteRequest(input: .prompt(String(repeating: "x", count: 5_000))), "prompt"),
        ])
    func invalidCompletion(_ request: CompleteRequest, _ field: String) async throws {
        try await DaemonFixture.with { fixture in
            let error = try await failure { try await fixture.teacher.complete(request) { for try await _ in $0 {} } }
            #expect(error.code == .invalidArgument && error.message.contains(field), "\(error)")
        }
    }

    @Test("A completion comes in chunks, of which the last tells how it ended; a chat goes through the template")
    func completion() async throws {
        try await DaemonFixture.with { fixture in
            let chat = Chat(messages: [ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "user", content: "Hello")])
            let chunks = try await fixture.chunks(CompleteRequest(input: .chat(chat)))
            let last = try found(chunks.last, "a chunk")
            #expect(chunks.count > 2 && chunks.dropLast().allSatisfy { !$0.text.isEmpty && !$0.tokens.isEmpty && $0.finishReason == "" })
            #expect(last.finishReason == "stop" && last.text.isEmpty)
            // A byte is a token, and so is each of the six marks of turns.
            let template = "system\nBe brief.\nuser\nHello\nassistant\n"
            #expect(last.promptTokens == UInt32(template.utf8.count + 5))
            let cut = try await fixture.chunks(CompleteRequest(input: .prompt("Hello"), sampling: Sampling(maxTokens: 3)))
            #expect(cut.last?.finishReason == "length" && cut.flatMap(\.tokens).count == 3)
        }
    }

    @Test("A stream answers each request once, in any order, and a bad one by an error of its own")
    func stream() async throws {
        var script = ScriptedGenerator.Script()
        script.delay = .milliseconds(1)
        try await DaemonFixture.with(script, configure: { $0.maxInFlight = 16 }) { fixture in
            let requests = (0..<500).map { request($0, priority: $0 % 3 == 0 ? .interactive : .bulk, text: $0 % 50 == 7 ? " " : nil) }
            let outcomes = try await fixture.stream(requests)
            #expect(outcomes.count == 500 && Set(outcomes.map(\.reviewID)).count == 500)
            let errors = outcomes.filter { $0.status != .ok }
            #expect(errors.count == 10 && errors.allSatisfy { $0.status == .invalidArgument })
            #expect(fixture.daemon.broker.load.freeSlots == script.slots)
        }
    }

    @Test("What has been written once is told again, under the identity of whoever asks; at the same time it is written once")
    func cache() async throws {
        var script = ScriptedGenerator.Script()
        script.delay = .milliseconds(20)
        try await DaemonFixture.with(script) { fixture in
            try await eventually("the worker has come") { fixture.daemon.broker.isReady }
            let outcomes = try await fixture.stream((0..<20).map { request($0, text: "The same words.") })
            #expect(Set(outcomes.map(\.reviewID)).count == 20 && Set(outcomes.map(\.text)).count == 1)
            #expect(fixture.generator.load.finished == 2, "the warm-up and one")
            // Sampled without a seed is not meant to be the same; other words and other parameters are others.
            let others = [Sampling(temperature: 1), Sampling(temperature: 1), Sampling(temperature: 1, seed: 4), Sampling(maxTokens: 50)]
            for sampling in others {
                let review = Review(text: "The same words.")
                _ = try await fixture.teacher.generateRationale(GenerateRationaleRequest(review: review, sampling: sampling))
            }
            #expect(fixture.generator.load.finished == 6)
        }
    }

    @Test("A full queue is RESOURCE_EXHAUSTED with RetryInfo, at once; a stream waits instead")
    func overload() async throws {
        var script = ScriptedGenerator.Script()
        script.slots = 1
        try await DaemonFixture.with(script, configure: { $0.limits.maxQueued = 1 }) { fixture in
            try await eventually("the worker has come") { fixture.daemon.broker.isReady }
            fixture.generator.stall(true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<2 { group.addTask { _ = try await fixture.teacher.generateRationale(request(number)) } }
                try await eventually("one runs and one waits") { fixture.daemon.broker.load.queued == 1 }
                let error = try await failure {
                    try await fixture.teacher.generateRationale(request(2), options: CallOptions(retries: false))
                }
                #expect(error.code == .resourceExhausted && error.retryAfter != nil)
                group.addTask {
                    let outcomes = try await fixture.stream((10..<20).map { request($0) })
                    #expect(outcomes.count == 10 && outcomes.allSatisfy { $0.status == .ok })
                }
                fixture.generator.stall(false)
                try await group.waitForAll()
            }
        }
    }

    @Test("Who cancels, or lets the deadline pass, frees the slot")
    func cancel() async throws {
        try await DaemonFixture.with { fixture in
            try await eventually("the worker has come") { fixture.daemon.broker.isReady }
            fixture.generator.stall(true)
            let error = try await failure {
                try await fixture.teacher.generateRationale(request(1), options: CallOptions(timeout: .milliseconds(50)))
            }
            #expect(error.code == .deadlineExceeded)
            let call = Task { try await fixture.stream((0..<100).map { request($0) }) }
            try await eventually("all slots are taken") { fixture.daemon.broker.load.freeSlots == 0 }
            call.cancel()
            _ = await call.result
            try await eventually("all slots are free") {
                let load = fixture.daemon.broker.load
                return load.freeSlots == fixture.generator.slots && load.queued == 0 && fixture.generator.load.running == 0
            }
        }
    }

    @Test("The model and the load are told")
    func tells() async throws {
        try await DaemonFixture.with { fixture in
            let model = try await fixture.teacher.getModel(GetModelRequest())
            #expect(model.digest == "scripted" && model.contextLength == 4_096)
            let load = try await fixture.teacher.getLoad(GetLoadRequest())
            #expect(load.workers.map(\.workerID) == ["inside"] && load.freeSlots == 4 && load.queued == 0)
        }
    }
}
