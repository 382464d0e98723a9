import ChildProcesses
import Prometheus
import RPC
import Student
import Testing
import Transport
import Wire

/// `Recommend`, through a server.
@Suite(.timeLimit(.minutes(2)))
struct RecommendTests {
    private let items = (0..<30).map { "i\($0)" }

    @Test("An interaction that is recorded is left out of the next answer, and is part of the history")
    func recorded() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["i5"], "other": items])
            let version = try await stage.activate(items)
            let first = try await stage.recommender.recommend(.user("u"))
            #expect(first.ids == ["i0", "i1", "i2", "i3", "i4", "i6", "i7", "i8", "i9", "i10"])
            #expect(first.source == .model && first.modelVersion == version && first.unknownItemIDs.isEmpty)
            #expect(first.items[2].score == ScriptedVersion.score(2, version: 1))
            for item in ["i0", "i7"] {
                _ = try await stage.catalog.recordInteraction(Interaction(userID: "u", itemID: item))
                #expect(!(try await stage.recommender.recommend(.user("u", count: 100)).ids.contains(item)))
            }
            let request = try #require(stage.script.see(\.requests.last))
            #expect(request.history == [5, 0, 7] && request.user?.id == "u" && request.exclusions.sorted() == [0, 5, 7])
            var again = RecommendRequest.user("u", count: 2)
            again.includeSeen = true
            #expect(try await stage.recommender.recommend(again).ids == ["i0", "i1"])
        }
    }

    @Test("0 is 10, and more than there are is as many as there are")
    func counts() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            #expect(try await stage.recommender.recommend(.session(["i3"])).items.count == 10)
            let all = try await stage.recommender.recommend(.session(["i3"], count: 1_000_000))
            #expect(all.ids == items.filter { $0 != "i3" })
            // All seen: nothing is left, which is no error.
            let none = try await stage.recommender.recommend(.user("u", count: 5))
            #expect(none.items.isEmpty && none.source == .popularity)
        }
    }

    @Test("A user whom nobody knows and an empty history get what is taken most")
    func cold() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["a": ["i1", "i2"], "b": ["i2", "i3"], "c": ["i2", "i3"]])
            try await stage.activate(["i1", "i2", "i3"])
            try await stage.fallbacksKnow(6)
            for request in [RecommendRequest.user("nobody"), .session([]), .session(["what nobody knows"])] {
                let answer = try await stage.recommender.recommend(request)
                #expect(answer.source == .popularity && answer.modelVersion.isEmpty)
                #expect(answer.ids == ["i2", "i3", "i1"] && answer.items.map(\.score) == [3, 2, 1])
            }
            #expect(stage.registry.render().contains("rdrec_student_recommendations_total{source=\"popularity\"} 3"))
        }
    }

    @Test("Without a model: what was taken together, then what is taken most")
    func withoutModel() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["a": ["x", "y"], "b": ["x", "y"], "c": ["x", "z"], "d": ["w"], "e": ["w"], "f": ["w"]])
            try await stage.fallbacksKnow(9)
            let answer = try await stage.recommender.recommend(.session(["x"]))
            #expect(answer.source == .itemNeighbours && answer.ids == ["y", "z", "w"] && answer.modelVersion.isEmpty)
            #expect(answer.items[0].score > answer.items[1].score && answer.items[1].score > 1e-3 && answer.items[2].score < 1e-3)
        }
    }

    @Test("A model that fails is answered for, and is asked again the next time")
    func failing() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["a": ["x", "y"], "b": ["x", "y"]])
            let version = try await stage.activate(["x", "y"])
            try await stage.fallbacksKnow(4)
            stage.script.change { $0.failing = [version] }
            let answer = try await stage.recommender.recommend(.session(["x"]))
            #expect(answer.source == .itemNeighbours && answer.ids == ["y"] && answer.modelVersion.isEmpty)
            #expect(stage.registry.render().contains("rdrec_student_model_failures_total 1"))
            stage.script.change { $0.failing = [] }
            #expect(try await stage.recommender.recommend(.session(["x"])).source == .model)
        }
    }

    @Test("A store without items has an empty list, and a category without items too")
    func empty() async throws {
        try await ServingStage.with { stage in
            let answer = try await stage.recommender.recommend(.user("u"))
            #expect(answer.items.isEmpty && answer.source == .popularity)
            try await stage.take(["u": ["x"], "v": ["y"]])
            var request = RecommendRequest.user("u")
            request.categories = ["nothing"]
            #expect(try await stage.recommender.recommend(request).items.isEmpty)
            try await stage.activate(["x", "y"])
            #expect(try await stage.recommender.recommend(request).items.isEmpty)
        }
    }

    @Test("Categories are told apart by their whole names, in any case")
    func categories() async throws {
        try await ServingStage.with { stage in
            let described = [("a", ["Ärger"]), ("b", ["ärger", "Toys"]), ("c", ["Toys & Games"]), ("d", [])].map {
                IngestRecord(record: .item(Item(itemID: $0, title: "T \($0)", categories: $1)))
            }
            _ = try await stage.catalog.ingest { writer in
                for record in described { try await writer.write(record) }
                writer.finish()
            }
            try await stage.take(["u": ["d"]])
            for hasModel in [false, true] {
                if hasModel { try await stage.activate(["a", "b", "c", "d"]) }
                func ids(_ names: String...) async throws -> [String] {
                    var request = RecommendRequest.user("u")
                    request.categories = names
                    let answer = try await stage.recommender.recommend(request)
                    #expect(answer.items.allSatisfy { $0.title == "T \($0.itemID)" })
                    // Equals come in no order that is promised.
                    return answer.ids.sorted()
                }
                try await eventually("the categories of both are known") { try await ids("ÄRGER").count == 2 }
                #expect(try await ids("ÄRGER") == ["a", "b"])
                #expect(try await ids("toys") == ["b"])
                #expect(try await ids("toys", "toys & games", "none") == ["b", "c"])
            }
        }
    }

    @Test("Exclusions are left out, and what the shop does not know is told once")
    func exclusions() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["a", "b", "c", "d"]])
            try await stage.activate(["a", "b", "c", "d"])
            var request = RecommendRequest.session(["a", "no", "a", "No"])
            request.excludeItemIDs = ["c", "gone", "no", "c"]
            let answer = try await stage.recommender.recommend(request)
            #expect(answer.ids == ["b", "d"] && answer.unknownItemIDs == ["no", "No", "gone"])
        }
    }

    @Test("A history of 10,000 items is read, of which the model gets the newest; more than is allowed is refused")
    func longHistory() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            let long = (0..<10_000).map { "i\($0 % 20)" }
            let answer = try await stage.recommender.recommend(.session(long, count: 100))
            #expect(answer.ids == items.filter { !long.contains($0) } && answer.source == .model)
            #expect(stage.script.see(\.requests.last)?.history.count == 50)
            let tooLong = (0...RecommenderLimits.mostIDs).map { "i\($0)" }
            let refused = await stage.failure { _ = try await stage.recommender.recommend(.session(tooLong)) }
            #expect(refused?.code == .invalidArgument && refused?.message.contains("history") == true)
            var excluding = RecommendRequest.user("u")
            excluding.excludeItemIDs = tooLong
            #expect(await stage.failure { _ = try await stage.recommender.recommend(excluding) }?.code == .invalidArgument)
            for request in [RecommendRequest(), .user("")] {
                #expect(await stage.failure { _ = try await stage.recommender.recommend(request) }?.code == .invalidArgument)
            }
        }
    }

    @Test("What came after the training stands behind what the model knows")
    func newer() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": ["a", "b", "c"]])
            try await stage.activate(["a", "b", "c"])
            try await stage.take(["v": ["new", "newest"], "w": ["newest"]])
            try await stage.fallbacksKnow(6)
            let answer = try await stage.recommender.recommend(.session(["a"]))
            #expect(answer.ids == ["b", "c", "newest", "new"] && answer.source == .model)
            #expect(answer.items[2].score == -.infinity)
            #expect(try await stage.recommender.recommend(.session(["a"], count: 2)).ids == ["b", "c"])
            // Of whom the model knows nothing the neighbours do.
            let neighbours = try await stage.recommender.recommend(.session(["new"], count: 1))
            #expect(neighbours.ids == ["newest"] && neighbours.source == .itemNeighbours)
        }
    }

    @Test("The first get explanations where they are asked for, and none where the model cannot")
    func explained() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": items])
            let version = try await stage.activate(items)
            var request = RecommendRequest.session(["i0"], count: 8)
            #expect(try await stage.recommender.recommend(request).items.allSatisfy { $0.explanation.isEmpty })
            request.explain = true
            let texts = try await stage.recommender.recommend(request).items.map(\.explanation)
            #expect(texts[0] == "\(version) explanation of i1" && texts[4] == "\(version) explanation of i5")
            #expect(texts.count == 8 && texts.dropFirst(RecommenderLimits.mostExplained).allSatisfy { $0.isEmpty })
        }
    }
}
