import ChildProcesses
import RPC
import Student
import Testing
import Transport
import Wire

/// `as_of`: what an auditor asks to reckon an evaluation again.
@Suite(.timeLimit(.minutes(2)))
struct AuditTests {
    private let items = (0..<12).map { "i\($0)" }

    private func asOf(_ part: String, _ user: String = "u") -> RecommendRequest {
        var request = RecommendRequest.user(user, count: 100)
        request.asOf = part
        return request
    }

    @Test("The history is that of the part's evaluation by the model's split, whatever has come since")
    func history() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["i0", "i1", "i2", "i3"], "other": items, "few": ["i0", "i1"]])
            let split = try await stage.catalog.makeSplit(SplitPolicy())
            try await stage.activate(items, split: split.version)
            _ = try await stage.catalog.recordInteraction(Interaction(userID: "u", itemID: "i9", timestampMs: 9_000))
            _ = try await stage.catalog.makeSplit(SplitPolicy())
            let validation = try await stage.recommender.recommend(asOf("validation"))
            #expect(stage.script.see(\.requests.last?.history) == [0, 1])
            #expect(validation.ids == items.filter { !["i0", "i1"].contains($0) } && validation.source == .model)
            let test = try await stage.recommender.recommend(asOf("test"))
            #expect(stage.script.see(\.requests.last?.history) == [0, 1, 2])
            #expect(test.ids == items.filter { !["i0", "i1", "i2"].contains($0) })
            // As it is now.
            #expect(try await stage.recommender.recommend(.user("u")).ids.contains("i9") == false)
        }
    }

    @Test("Who is not tested, no model, a split that has gone, another part: each is refused with its reason")
    func refused() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["i0", "i1", "i2", "i3"], "few": ["i0", "i1"]])
            let split = try await stage.catalog.makeSplit(SplitPolicy())
            func code(_ request: RecommendRequest) async -> StatusCode? {
                await stage.failure { _ = try await stage.recommender.recommend(request, options: .once) }?.code
            }
            #expect(await code(asOf("test")) == .failedPrecondition)
            let version = try await stage.activate(items, split: split.version)
            #expect(await code(asOf("test")) == nil)
            #expect(await code(asOf("test", "few")) == .failedPrecondition)
            #expect(await code(asOf("test", "nobody")) == .failedPrecondition)
            #expect(await code(asOf("training")) == .invalidArgument)
            var session = RecommendRequest.session(["i0"])
            session.asOf = "test"
            #expect(await code(session) == .invalidArgument)
            // An audit is of the model, and of nothing in its place.
            stage.script.change { $0.failing = [version] }
            #expect(await code(asOf("test")) == .internal)
            stage.script.change { $0.failing = [] }
            for _ in 0..<5 {
                _ = try await stage.catalog.recordInteraction(Interaction(userID: "few", itemID: "i5"))
                _ = try await stage.catalog.makeSplit(SplitPolicy())
            }
            let gone = await stage.failure { _ = try await stage.recommender.recommend(asOf("test"), options: .once) }
            #expect(gone?.code == .failedPrecondition && gone?.message.contains("not kept") == true)
        }
    }
}
