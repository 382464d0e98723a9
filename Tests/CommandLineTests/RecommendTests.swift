import RPC
import Testing
import Wire
import rdrec

@Suite(.timeLimit(.minutes(2))) struct RecommendTests {
    private static let response = RecommendResponse(
        items: [
            Recommendation(
                itemID: "i 1", score: -0.25, title: "Bright\tstrings", explanation: "The user likes a tone that is bright and lasts."),
            Recommendation(itemID: "i20\u{1B}", score: -12.5),
        ], source: .model, modelVersion: "0003", unknownItemIDs: ["x\u{7}", "y"])

    private func run(
        _ recommender: FakeRecommender, models: ListModelsResponse = .some, _ command: String, _ arguments: String...
    ) async throws -> Finished {
        try await withOwnServer(
            register: {
                recommender.register(in: &$0)
                FakeModels(list: models).register(in: &$0)
            }, schema: []
        ) { _, endpoint in try await runCommand([command, "--endpoint", endpoint] + arguments) }
    }

    @Test func `Recommendations are a table`() async throws {
        let recommender = FakeRecommender(Self.response)
        let finished = try await run(recommender, "recommend", "u1")
        let lines = [
            #"#  ITEM       TITLE                  SCORE"#, #"1  i 1        Bright\u{9}strings   -0.2500"#,
            "   The user likes a tone that is bright and lasts.", #"2  i20\u{1b}  -                   -12.5000"#,
            "by model 0003; scores are log-probabilities",
        ]
        #expect(finished == Finished(output: lines, errors: [#"note: unknown items: x\u{7}, y"#], status: 0))
        #expect(recommender.recommended == [RecommendRequest(subject: .userID("u1"), count: 10)])
        let json = try await run(recommender, "recommend", "u1", "--json")
        #expect(try json.output.count == 1 && value("source", of: json.output.first) == "SOURCE_MODEL")
        #expect(json.errors.isEmpty && json.status == 0)
    }

    @Test func `A terminal's width is kept to`() {
        let lines = Self.response.lines(width: 40)
        #expect(
            lines == [
                "#  ITEM       TITLE                SCORE", #"1  i 1        Bright\u{9}stri…   -0.2500"#,
                "   The user likes a tone that is bright", "   and lasts.", #"2  i20\u{1b}  -                 -12.5000"#,
                "by model 0003; scores are log-probabilities",
            ])
    }

    @Test func `The request has what the options say`() async throws {
        let recommender = FakeRecommender(Self.response)
        _ = try await run(
            recommender, "recommend", "u1", "--count", "3", "--exclude", "a", "b", "--category", "Strings", "--include-seen", "--explain",
            "--as-of", "test")
        _ = try await run(recommender, "recommend", "--history", "a", "b c", "--history", "d", "--exclude", "-x", "--count", "1000000")
        _ = try await run(recommender, "recommend", "--exclude", "a", "--", "-u")
        #expect(
            recommender.recommended == [
                RecommendRequest(
                    subject: .userID("u1"), count: 3, excludeItemIDs: ["a", "b"], includeSeen: true, explain: true, categories: ["Strings"],
                    asOf: "test"),
                RecommendRequest(subject: .userID("-u"), count: 10, excludeItemIDs: ["a"]),
            ])
    }

    @Test func `Items are ranked for a user or a history`() async throws {
        let recommender = FakeRecommender(Self.response)
        let finished = try await run(recommender, "rank", "u1", "a", "b", "--count", "1", "--explain")
        #expect(finished.status == 0 && finished.output.count == 5)
        _ = try await run(recommender, "rank", "a", "b", "--history", "h", "i", "--json")
        _ = try await run(recommender, "rank", "--history", "h", "--", "a")
        #expect(
            recommender.ranked == [
                RankRequest(subject: .userID("u1"), candidateItemIDs: ["a", "b"], count: 1, explain: true),
                RankRequest(subject: .history(History(itemIDs: ["h", "i"])), candidateItemIDs: ["a", "b"]),
                RankRequest(subject: .history(History(itemIDs: ["h"])), candidateItemIDs: ["a"]),
            ])
    }

    @Test func `Who chose is told, and how to come by a model`() async throws {
        let neighbours = RecommendResponse(items: [Recommendation(itemID: "a", score: 0.5)], source: .itemNeighbours)
        let lines = [
            "#  ITEM  TITLE   SCORE", "1  a     -      0.5000", "by the neighbours of the history's items; scores are similarities",
        ]
        #expect(try await run(FakeRecommender(neighbours), "recommend", "u1") == Finished(output: lines, errors: [], status: 0))
        let train = "note: there is no model yet: rdrec train makes one"
        let none = try await run(FakeRecommender(neighbours), models: ListModelsResponse(), "recommend", "u1")
        #expect(none == Finished(output: lines, errors: [train], status: 0))
        let popular = RecommendResponse(items: [Recommendation(itemID: "a", score: 1_234)], source: .popularity)
        let asleep = ListModelsResponse(models: [ModelInfo(version: "0001")])
        let cold = try await run(FakeRecommender(popular), models: asleep, "recommend", "u1")
        #expect(cold.output.dropFirst() == ["1  a     -       1234", "by popularity; scores are the times that an item was taken"])
        #expect(cold.errors == ["note: no version is active: rdrec activate VERSION makes one serve"])
    }

    @Test func `Nothing found is no failure, and many unknown items are no flood`() async throws {
        let many = RecommendResponse(source: .model, modelVersion: "0003", unknownItemIDs: (1...1_500).map { "i\($0)" })
        let finished = try await run(FakeRecommender(many), "recommend", "u1")
        #expect(finished.status == 0 && finished.output == ["by model 0003; scores are log-probabilities"])
        #expect(finished.errors.first == "note: there are none" && finished.errors.last?.hasSuffix(", i20 and 1,480 more") == true)
    }

    @Test func `A refusal exits by its status`() async throws {
        let finished = try await run(FakeRecommender(), "recommend", "nobody", "--as-of", "test")
        #expect(finished == Finished(output: [], errors: [#"error: INVALID_ARGUMENT: as_of: nobody is not tested\u{7}"#], status: 13))
    }

    // MARK: Explanations

    private static let rationale = Rationale(
        userID: "u2", itemID: "i1", userPreference: "They like\u{7} bells.", itemAttributes: "It rings.",
        provenance: Provenance(modelName: "smollm2", createdAtMs: 1_709_209_859_000))

    @Test func `An explanation has its evidence`() async throws {
        let explanation = ExplainResponse(
            explanation: "It rings as the user likes.", userPreference: "Bells.", itemAttributes: "Loud.", evidence: [Self.rationale],
            modelVersion: "0003")
        let recommender = FakeRecommender(explanation: explanation)
        let lines = [
            "why         It rings as the user likes.", "preference  Bells.", "attributes  Loud.", "by model 0003", "", "evidence",
            "2024-02-29 12:30:59  smollm2  user u2  item i1", #"  They like\u{7} bells."#, "  It rings.",
        ]
        #expect(try await run(recommender, "explain", "u1", "i1") == Finished(output: lines, errors: [], status: 0))
        #expect(recommender.explained == [ExplainRequest(userID: "u1", itemID: "i1")])
        #expect(explanation.lines(width: 30).prefix(2) == ["why         It rings as the", "            user likes."])
        let json = try await run(recommender, "explain", "u1", "i1", "--json")
        #expect(try json.output.count == 1 && value("userPreference", of: json.output.first) == "Bells.")
    }

    @Test func `Without a model there is the evidence, or nothing`() async throws {
        let evidence = FakeRecommender(explanation: ExplainResponse(evidence: [Self.rationale]))
        let finished = try await run(evidence, models: ListModelsResponse(), "explain", "u1", "i1")
        #expect(finished.output.first == "evidence" && finished.status == 0)
        #expect(finished.errors == ["note: no model could write: there is no model yet: rdrec train makes one"])
        let nothing = try await run(FakeRecommender(), "explain", "u1", "i1")
        #expect(nothing.output == ["no rationale speaks for it"])
        #expect(nothing.errors == ["note: no model could write: the evidence is all that there is"])
        #expect(try await run(evidence, "explain", "u1", "nothing").status == 15)
    }

    @Test(arguments: [
        ["recommend"], ["recommend", "u1", "--history", "a"], ["recommend", "--exclude", "a", "u1"], ["recommend", "u1", "--count", "0"],
        ["recommend", "u1", "u2"], ["recommend", "--history"], ["recommend", "--history", "a", "--as-of", "test"],
        ["recommend", "u1", "--as-of", "training"], ["rank"], ["rank", "u1"], ["rank", "--history", "a"],
        ["rank", "u1", "a", "--count", "-1"],
        ["explain", "u1"], ["explain", "u1", "a", "b"], ["record", "u1"], ["record", "u1", "a", "--time", "0"],
        ["record", "u1", "a", "--time", "2024-02-30"], ["models", "extra"], ["activate"],
    ]) func `Wrong arguments exit with 64`(_ arguments: [String]) async throws {
        let finished = try await runCommand(arguments)
        #expect(finished.status == 64 && finished.output.isEmpty && !finished.errors.isEmpty)
    }
}
