import ChildProcesses
import RPC
import Student
import Testing
import Transport
import Wire

/// `Rank`, through a server.
@Suite(.timeLimit(.minutes(2)))
struct RankTests {
    private func rank(
        _ stage: ServingStage, _ history: [String], _ candidates: [String], count: UInt32 = 0
    ) async throws -> RecommendResponse {
        try await stage.recommender.rank(
            RankRequest(subject: .history(History(itemIDs: history)), candidateItemIDs: candidates, count: count))
    }

    @Test("Candidates are ranked once each, seen or not; those that nobody knows are told")
    func candidates() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["a", "b", "c", "d"]])
            let version = try await stage.activate(["a", "b", "c", "d"])
            let answer = try await rank(stage, ["a"], ["d", "b", "none", "d", "a", "none"])
            #expect(answer.ids == ["a", "b", "d"] && answer.source == .model && answer.modelVersion == version)
            #expect(answer.unknownItemIDs == ["none"])
            #expect(try await rank(stage, ["a"], ["d", "b", "a"], count: 2).ids == ["a", "b"])
            #expect(try await rank(stage, ["a"], ["d", "b"], count: 1_000_000).ids == ["b", "d"])
            for nothing in [[], ["none"]] {
                let answer = try await rank(stage, ["a"], nothing)
                #expect(answer.items.isEmpty && answer.unknownItemIDs == nothing)
            }
            let user = try await stage.recommender.rank(RankRequest(subject: .userID("u"), candidateItemIDs: ["c", "b"], explain: true))
            #expect(user.ids == ["b", "c"] && user.items[1].explanation == "\(version) explanation of c")
            let tooMany = Array(repeating: "a", count: RecommenderLimits.mostIDs + 1)
            #expect(await stage.failure { _ = try await rank(stage, ["a"], tooMany) }?.code == .invalidArgument)
            #expect(await stage.failure { _ = try await stage.recommender.rank(RankRequest()) }?.code == .invalidArgument)
        }
    }

    @Test("What came after the training stands last; where the model knows none of them, neighbours and popularity rank")
    func newer() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["a", "b"]])
            try await stage.activate(["a", "b"])
            try await stage.take(["v": ["a", "n1"], "w": ["n2"], "x": ["n2"]])
            try await stage.fallbacksKnow(6)
            let mixed = try await rank(stage, ["a"], ["n2", "n1", "b"])
            #expect(mixed.ids == ["b", "n1", "n2"] && mixed.source == .model)
            let fresh = try await rank(stage, ["a"], ["n2", "n1"])
            #expect(fresh.ids == ["n1", "n2"] && fresh.source == .itemNeighbours)
            let cold = try await rank(stage, [], ["n1", "n2", "a"])
            #expect(cold.ids.last == "n1" && cold.source == .popularity && cold.items.map(\.score) == [2, 2, 1])
        }
    }

    @Test("10,000 candidates are ranked")
    func many() async throws {
        try await ServingStage.with { stage in
            let ids = (0..<10_000).map { "i\($0)" }
            _ = try await stage.catalog.ingest { writer in
                for id in ids { try await writer.write(IngestRecord(record: .item(Item(itemID: id)))) }
                writer.finish()
            }
            try await stage.activate(ids)
            #expect(try await rank(stage, ["i5"], ids.reversed()).ids == ids)
        }
    }
}
