import DaemonStage
import Evaluation
import Locks
import Store
import Student
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct RankingEvaluationTests {
    @Test func `A scripted ranker's figures are exactly right`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let stage = EvaluationStage(store, folder, [FormulaVersion(KnownRanks.items, split: split.version)])
            let (report, job) = try await stage.report(StartEvaluationRequest(cutoffs: [8, 1, 3]))
            for (name, value) in [
                ("hr@1", 0.2), ("hr@3", 0.6), ("hr@8", 0.8), ("mrr", KnownRanks.meanReciprocalRank), ("ndcg@3", (1 + 0.5 + 0.5) / 5),
            ] {
                let told = try #require(job.metric("test/\(name)"))
                #expect(abs(told - value) < 1e-12, "\(name)")
                #expect(report.rankings[0].result.metrics[name]?.mean == told)
            }
            #expect(report.rankings.map(\.name) == ["model"] && job.modelVersion == "0001" && job.split == split.version)
            #expect(job.done == 5 && job.total == 5)
            let conditions = report.protocol
            #expect(conditions.usersTested == 5 && conditions.catalogueItems == 10 && conditions.cutoffs == [1, 3, 8])
            #expect(conditions.targetsOutsideCatalogue == 1 && conditions.repeatedTargets == 1 && conditions.usersNotTested == 0)
            #expect(conditions.splitVersion == split.version && conditions.splitKind == .leaveOneOut && conditions.part == .test)
            #expect(conditions.sampledNegatives == 0 && conditions.seenItemsHidden)
            // 3 was never taken in training, 6 once, 5 once.
            let tail = report.rankings[0].result.tail
            #expect(tail.map(\.users) == [3, 2, 0, 0] && abs((tail[0].metrics["hr@3"]?.mean ?? 0) - 2.0 / 3) < 1e-12)
            // First places: 3, 3, 8, 1, 3.
            #expect(report.rankings[0].result.coverage["coverage@1"] == 0.3)
        }
    }

    @Test func `Validation goes by training alone, and a test by all before it`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let version = FormulaVersion(KnownRanks.items, split: split.version)
            let stage = EvaluationStage(store, folder, [version])
            let (report, job) = try await stage.report(StartEvaluationRequest(split: "validation", cutoffs: [1]))
            #expect(job.metric("validation/hr@1") == 1 && job.metric("test/hr@1") == nil && report.protocol.part == .validation)
            let histories = Dictionary(uniqueKeysWithValues: version.asked.withLock { $0.rankings }.map { ($0.user?.id ?? "", $0.history) })
            #expect(histories == ["first": [0, 1], "third": [0, 1], "again": [5, 6], "short": [9], "gone": [1]])
        }
    }

    @Test func `Nothing that is held back is told to a model: neither items nor sentences`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            for user in KnownRanks.users {
                for (place, item) in user.items.enumerated() {
                    let id = Review(userID: user.id, itemID: item, timestampMs: Int64(place + 1) * 1_000).effectiveID
                    let rationale = Rationale(
                        reviewID: id, userPreference: "Likes \(place) of \(user.id).", itemAttributes: "Is \(place).",
                        provenance: Provenance(modelDigest: "t", promptVersion: "p"))
                    _ = try await store.ingest([.rationale(rationale)])
                }
            }
            let version = FormulaVersion(KnownRanks.items, split: split.version)
            let stage = EvaluationStage(store, folder, [version])
            for part in ["validation", "test"] {
                version.asked.withLock { $0.rankings = [] }
                _ = try await stage.report(StartEvaluationRequest(split: part))
                let requests = version.asked.withLock { $0.rankings }
                #expect(requests.count == 5)
                for request in requests {
                    let user = try #require(request.user), items = try #require(KnownRanks.users.first { $0.id == user.id }).items
                    // The last two are held back; of the test's history the validation's item is known, its review is not.
                    #expect(user.preferences == (0..<items.count - 2).map { "Likes \($0) of \(user.id)." })
                    let known = items.dropLast(part == "test" ? 1 : 2).compactMap { version.catalogue.place($0) }
                    #expect(request.history == known && Set(request.exclusions).isSubset(of: known))
                }
            }
        }
    }

    @Test func `Baselines come from training alone, by the same protocol`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let version = FormulaVersion(KnownRanks.items, split: split.version)
            let stage = EvaluationStage(store, folder, [version], numbers: Array(1_001...1_010))
            let (report, job) = try await stage.report(StartEvaluationRequest(cutoffs: [1, 4], withBaselines: true))
            #expect(report.rankings.map(\.name) == ["model", "popularity", "item-neighbours", "id-order"])
            // Greatest number plus one: of `first` alone; 5 of `third` is the third, 6 of `again` is among those before.
            #expect(job.metric("baseline/id-order/hr@1") == 0.2 && job.metric("baseline/id-order/hr@4") == 0.4)
            // Training took i0 twice, i1 thrice, i4 twice, i5, i6 and i9 once. Not one of them is `first`'s target, 3, nor `short`'s: both
            // share their places with four others.
            #expect(job.metric("baseline/popularity/hr@1") == 0)
            let popularity = try #require(report.rankings[1].result.metrics["mrr"]).mean
            // first: i4, then i5 i6 i9 of one, then 3 7 8 of none: the middle is the 6th; third: 5 is with 6 and 9: the 3rd; again: 1, then 0 and
            // 4, then 6 and 9: the 5th; short: 1, 4, 5 6, then 2 3 7 8: the middle is between 6th and 7th.
            #expect(abs(popularity - (1.0 / 6 + 1.0 / 3 + 1.0 / 5 + 1.0 / 7) / 5) < 1e-12, "\(1 / popularity)")
            #expect(job.metric("baseline/item-neighbours/coverage@1") != nil && job.metric("test/hr@1") == 0.2)
        }
    }

    @Test func `Split by time: the first item of the part, after all before it`() async throws {
        let users: [(id: String, items: [String])] = [
            ("a", ["i0", "i1", "i2", "i3", "i4", "i9"]), ("b", ["i5", "i6", "i7"]), ("c", ["i0", "i1", "i2", "i3"]), ("d", []),
        ]
        let policy = SplitPolicy(kind: .globalTime, validationFromMs: 3_000, testFromMs: 4_000)
        try await withTakenItems(users, policy: policy) { store, folder, split in
            // One who came when the test had begun.
            let version = FormulaVersion(KnownRanks.items, split: split.version)
            let stage = EvaluationStage(store, folder, [version])
            let (report, job) = try await stage.report(StartEvaluationRequest(cutoffs: [1]))
            #expect(job.metric("test/hr@1") == 1 && report.protocol.usersTested == 2 && report.protocol.splitKind == .globalTime)
            #expect(Set(version.asked.withLock { $0.rankings }.map(\.history)) == [[0, 1, 2]])
            version.asked.withLock { $0.rankings = [] }
            let (validation, _) = try await stage.report(StartEvaluationRequest(split: "validation", cutoffs: [1]))
            // b has nothing in the test, and is not one to test by.
            #expect(validation.protocol.usersTested == 2 && validation.protocol.usersNotTested == 1)
            #expect(Set(version.asked.withLock { $0.rankings }.map(\.history)) == [[0, 1]])
        }
    }

    @Test func `Where items are several tokens a rank ends at the last cutoff`() async throws {
        try await withTakenItems(KnownRanks.users) { store, folder, split in
            let version = FormulaVersion(KnownRanks.items, split: split.version, indexing: "collaborative")
            let (report, job) = try await EvaluationStage(store, folder, [version]).report(
                StartEvaluationRequest(cutoffs: [3], withBaselines: true))
            #expect(version.asked.withLock { $0.rankings.allSatisfy { $0.count == 3 } })
            #expect(job.metric("test/hr@3") == 0.6 && job.metric("test/mrr") == nil && report.rankings[1].result.metrics["mrr"] == nil)
            #expect(report.markdown.contains("MRR@3"))
        }
    }
}
