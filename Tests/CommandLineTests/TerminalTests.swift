import Foundation
import RPC
import Testing
import Wire

/// What is for people at a terminal only.
@Suite(.timeLimit(.minutes(2))) struct TerminalTests {
    private func run(_ register: (inout Router) -> Void, columns: UInt16, _ arguments: String...) async throws -> String {
        try await withOwnServer(register: register, schema: []) { _, endpoint in
            let child = try Child("rdrec", arguments + ["--endpoint", endpoint], columns: columns)
            return await child.ended().output.joined(separator: "\n")
        }
    }

    @Test func `Explanations are fitted into the terminal`() async throws {
        let item = Recommendation(itemID: "i1", score: -1, title: "Strings", explanation: "They are as bright as the user likes a tone.")
        let recommender = FakeRecommender(RecommendResponse(items: [item], source: .model, modelVersion: "0003"))
        let text = try await run(recommender.register, columns: 31, "recommend", "u1")
        #expect(text.contains("   They are as bright as the\r\n   user likes a tone.\r\n"), "\(text)")
    }

    @Test func `A training has one line that is written over, and one for each epoch`() async throws {
        func event(_ done: UInt64, _ metrics: Metric...) -> JobEvent {
            JobEvent(job: Job(jobID: "job-1", kind: "training", state: .running, done: done, total: 4), metrics: metrics)
        }
        var end = event(4)
        end.job?.state = .succeeded
        let events = [
            event(1, Metric(name: "loss", value: 8, step: 1)), event(2, Metric(name: "loss", value: 4, step: 2)),
            event(3, Metric(name: "validation/hr@10", value: 0.5, step: 1)), end,
        ]
        let jobs = FakeJobs(watches: [.init(events: events)])
        let text = try await run(jobs.register, columns: 80, "train")
        let erase = "\u{1B}[K"
        #expect(
            text.contains("] █▁ epoch 1, 50 %, loss 4.000\(erase)\r\(erase)epoch 1: loss 8.000, validation HR@10 0.5000\r\n"), "\(text)")
        #expect(text.contains("] █▁ epoch 2, 75 %, loss 4.000, HR@10 0.5000\(erase)"), "\(text)")
        #expect(text.hasSuffix("\r\(erase)job-1 SUCCEEDED: 4 of 4\r"), "\(text)")
        // No line is wider than the terminal, or it could not be written over.
        let narrow = try await run(FakeJobs(watches: [.init(events: events)]).register, columns: 24, "train")
        #expect(narrow.contains("\repoch 1, 50 %, loss 4.…\(erase)"), "\(narrow)")
    }
}
