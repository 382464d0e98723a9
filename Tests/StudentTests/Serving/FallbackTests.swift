import ChildProcesses
import RPC
import Store
import Student
import Testing
import Transport
import Wire

/// The fallbacks' tables: what they are made of, and when.
@Suite(.timeLimit(.minutes(2)))
struct FallbackTests {
    @Test("Once there is a split, what it holds back counts for nothing until the next")
    func heldBack() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["a", "b", "c", "d"], "v": ["a", "b", "d", "c"]])
            try await stage.fallbacksKnow(8)
            let split = try await stage.catalog.makeSplit(SplitPolicy())
            try await stage.fallbacksKnow(4)
            #expect(stage.serving.fallbacks.tables.split?.version == split.version)
            let answer = try await stage.recommender.recommend(.user("nobody"))
            #expect(answer.items.map(\.score) == [2, 2, 0, 0] && Set(answer.ids.prefix(2)) == ["a", "b"])
            for user in ["x", "y", "z"] {
                _ = try await stage.catalog.recordInteraction(Interaction(userID: user, itemID: "c"))
            }
            try await Task.sleep(for: .milliseconds(100))
            #expect(stage.serving.fallbacks.tables.interactionCount == 4)
            _ = try await stage.catalog.makeSplit(SplitPolicy())
            try await stage.fallbacksKnow(7)
            #expect(try await stage.recommender.recommend(.user("nobody", count: 1)).ids == ["c"])
        }
    }

    @Test("Tables are made of what an earlier process has left, and a store that fails for a moment is asked again")
    func restart() async throws {
        try await withStore { store, folder in
            try await ServingStage.with(store, folder) { stage in try await stage.take(["u": ["a", "b"], "v": ["b"]]) }
            var failing = HookedStore(store: store)
            let isDown = SharedFlag(), isUp = SharedFlag()
            failing.beforeCurrentSplit = { () async throws(StoreError) in
                if isUp.isSet { return }
                isDown.set()
                throw StoreError(.io, "scripted")
            }
            try await ServingStage.with(failing, folder) { stage in
                try await eventually("it has failed") { isDown.isSet }
                // Calls are answered all the same.
                let early = try await stage.recommender.recommend(.user("nobody"))
                #expect(Set(early.ids) == ["a", "b"] && early.source == .popularity)
                isUp.set()
                try await stage.fallbacksKnow(3)
                #expect(try await stage.recommender.recommend(.user("nobody")).ids == ["b", "a"])
            }
        }
    }

    @Test("A title and categories that change are told, once they have been read")
    func changes() async throws {
        try await ServingStage.with { stage in
            func describe(_ title: String) async throws {
                let record = IngestRecord(record: .item(Item(itemID: "a", title: title, categories: [title])))
                _ = try await stage.catalog.ingest { writer in
                    try await writer.write(record)
                    writer.finish()
                }
            }
            try await describe("one")
            try await eventually("it is told") { try await stage.recommender.recommend(.user("u")).items.first?.title == "one" }
            try await describe("two")
            try await eventually("the change is told") { try await stage.recommender.recommend(.user("u")).items.first?.title == "two" }
            var request = RecommendRequest.user("u")
            request.categories = ["one"]
            #expect(try await stage.recommender.recommend(request).items.isEmpty)
        }
    }
}
