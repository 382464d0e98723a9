import ChildProcesses
import RPC
import Student
import Testing
import Transport
import Wire

/// `Explain`, through a server.
@Suite(.timeLimit(.minutes(2)))
struct ExplainTests {
    /// Users with reviews of all items and a rationale of each, and a split.
    private func fill(_ stage: ServingStage, users: Int = 3, items: Int = 9) async throws {
        var records: [IngestRecord] = []
        for user in 0..<users {
            for item in 0..<items {
                let id = "r\(user)-\(item)"
                records.append(
                    IngestRecord(
                        record: .review(
                            Review(
                                reviewID: id, userID: "u\(user)", itemID: "i\(item)", text: "text", rating: 4,
                                timestampMs: Int64(1_000 + item * 10 + user)))))
                records.append(
                    IngestRecord(
                        record: .rationale(
                            Rationale(
                                reviewID: id, userPreference: "u\(user) likes \(item)", itemAttributes: "i\(item) has \(user)",
                                provenance: Provenance(modelDigest: "d", promptVersion: "p")))))
            }
        }
        let made = records
        let summary = try await stage.catalog.ingest { writer in
            for record in made { try await writer.write(record) }
            writer.finish()
        }
        #expect(summary.rejectedCount == 0)
        _ = try await stage.catalog.makeSplit(SplitPolicy())
        try await eventually("the split is known") { stage.serving.fallbacks.tables.split != nil }
    }

    @Test("The student's words, and beside them what training may see, the newest first")
    func texts() async throws {
        try await ServingStage.with { stage in
            try await fill(stage)
            let version = try await stage.activate((0..<9).map { "i\($0)" })
            let answer = try await stage.recommender.explain(ExplainRequest(userID: "u1", itemID: "i2"))
            #expect(answer.explanation == "\(version) explanation of i2" && answer.userPreference == "\(version) preference of i2")
            #expect(answer.itemAttributes == "\(version) attributes of i2" && answer.modelVersion == version)
            // The last two of each user are held back.
            let evidence = ["r1-6", "r1-5", "r1-4", "r1-3", "r1-2", "r2-2", "r0-2"]
            #expect(answer.evidence.map(\.reviewID) == evidence)
            let request = try #require(stage.script.see(\.textRequests.last))
            #expect(request.user == UserContext(id: "u1", preferences: (0..<7).map { "u1 likes \($0)" }))
            #expect(request.history == [0, 1] && request.item == 2)
        }
    }

    @Test("Evidence alone without a model, where it fails, and of an item that it does not know")
    func evidence() async throws {
        try await ServingStage.with { stage in
            try await fill(stage)
            func explain(_ item: String) async throws {
                let answer = try await stage.recommender.explain(ExplainRequest(userID: "u0", itemID: item))
                #expect(answer.modelVersion.isEmpty && answer.explanation.isEmpty && !answer.evidence.isEmpty)
            }
            try await explain("i1")
            let version = try await stage.activate(["i0", "i1"])
            try await explain("i5")
            stage.script.change { $0.failing = [version] }
            try await explain("i1")
        }
    }

    @Test("Who or what the shop does not know is not found, with what to do")
    func unknown() async throws {
        try await ServingStage.with { stage in
            try await fill(stage)
            for (user, item) in [("nobody", "i1"), ("u1", "nothing")] {
                let error = await stage.failure { _ = try await stage.recommender.explain(ExplainRequest(userID: user, itemID: item)) }
                #expect(error?.code == .notFound && error?.message.contains("rdrec") == true)
            }
            for request in [ExplainRequest(), ExplainRequest(userID: "u1"), ExplainRequest(itemID: "i1")] {
                #expect(await stage.failure { _ = try await stage.recommender.explain(request) }?.code == .invalidArgument)
            }
        }
    }

    @Test("Whoever cancels an explanation stops the writing; a deadline does too")
    func cancelled() async throws {
        try await ServingStage.with { stage in
            try await fill(stage)
            try await stage.activate(["i0", "i1"])
            stage.script.change {
                $0.textSteps = 60_000
                $0.steps = 0
            }
            let request = ExplainRequest(userID: "u0", itemID: "i1")
            let call = Task { try await stage.recommender.explain(request, options: .once) }
            try await eventually("it writes") { stage.script.see(\.steps) > 3 }
            // Rankings do not wait for it.
            #expect(try await stage.recommender.recommend(.session(["i0"], count: 1)).source == .model)
            call.cancel()
            _ = await call.result
            try await stopped(stage)
            var options = CallOptions.once
            options.timeout = .milliseconds(50)
            let late = options
            let error = await stage.failure { _ = try await stage.recommender.explain(request, options: late) }
            #expect(error?.code == .deadlineExceeded)
            try await stopped(stage)
            stage.script.change { $0.textSteps = 1 }
            #expect(try await !stage.recommender.explain(request).explanation.isEmpty)
        }
    }

    /// Waits until no step is made any more.
    private func stopped(_ stage: ServingStage) async throws {
        try await eventually("the writing has stopped") {
            let before = stage.script.see(\.steps)
            try await Task.sleep(for: .milliseconds(50))
            return stage.script.see(\.steps) == before
        }
    }
}
