import Evaluation
import Locks
import Store
import Student
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct ExplanationEvaluationTests {
    @Test func `Explanations are compared with the reviews that were held back`() async throws {
        let text = "says so very much that one could go on and on for twenty words and more of what is good"
        try await withTakenItems(KnownRanks.users, text: text) { store, folder, split in
            var version = FormulaVersion(KnownRanks.items, split: split.version)
            version.mostHistory = 2
            version.text = { "\($0.user?.id ?? "") \(text) and then something else" }
            let stage = EvaluationStage(store, folder, [version])
            let (report, job) = try await stage.report(StartEvaluationRequest(explainedUsers: 3))
            let texts = try #require(report.explanations)
            // The first twenty words are the same.
            #expect(texts.pairs == 3 && abs((job.metric("test/explanation/bleu4") ?? 0) - 100) < 1e-9)
            #expect(abs((job.metric("test/explanation/rougeL") ?? 0) - 100) < 1e-9 && job.metric("test/explanation/nmt_rougeL") != nil)
            let asked = version.asked.withLock { $0.explanations }
            #expect(asked.count == 3 && asked.allSatisfy { $0.parts == [.explanation] && $0.history.count <= 2 })
            for request in asked {
                let items = try #require(KnownRanks.users.first { $0.id == request.user?.id }).items
                #expect(version.catalogue.ids[request.item] == items.last && request.user?.id != "gone")
            }
            #expect(report.markdown.contains("the reviews that were held back") && job.done == 8 && job.total == 8)
            // The same users whoever asks, as many as there are.
            let (all, end) = try await stage.report(StartEvaluationRequest(explainedUsers: 100))
            #expect(all.explanations?.pairs == 4 && end.done == end.total)
            #expect(Array(version.asked.withLock { $0.explanations }.dropFirst(3).prefix(3)) == asked)
        }
    }

    @Test func `Where nobody has written there is nothing to compare, and the report says so`() async throws {
        try await withTakenItems(KnownRanks.users, text: "") { store, folder, split in
            let version = FormulaVersion(KnownRanks.items, split: split.version)
            let (report, job) = try await EvaluationStage(store, folder, [version]).report(StartEvaluationRequest(explainedUsers: 3))
            #expect(report.explanations == nil && report.notes.count == 1 && job.metric("test/explanation/bleu4") == nil)
            #expect(version.asked.withLock { $0.explanations.isEmpty } && job.done == job.total)
        }
    }
}
