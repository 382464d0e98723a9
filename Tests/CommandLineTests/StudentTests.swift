import RPC
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct StudentTests {
    private let statistics = Statistics(
        users: 1_234, items: 567, interactions: 1_234_567, reviews: 98_765, rationales: 4_000, rationalesPending: 321, rationalesFailed: 7,
        storeBytes: 13_107_200,
        split: Split(
            version: 3, policy: SplitPolicy(kind: .leaveOneOut, kCore: 5), createdAtMs: 1_709_209_859_000, training: 1_000_000,
            validation: 1_200, test: 1_201, leftOut: 99, testedUsers: 1_201))

    @Test func `Statistics are a table`() async throws {
        try await withOwnServer(register: FixedCatalog(statistics).register, schema: []) { _, endpoint in
            let finished = try await runCommand(["stats", "--endpoint", endpoint])
            #expect(
                finished.output == [
                    "users             1,234", "items               567", "interactions  1,234,567", "reviews          98,765",
                    "rationales        4,000", "  pending           321", "  failed              7", "store          12.5 MiB", "",
                    "split   3, interactions have come since", "policy  leave one out, 5-core", "made    2024-02-29 12:30:59",
                    "training      1,000,000", "validation        1,200", "test              1,201", "left out             99",
                    "tested users      1,201",
                ])
            #expect(finished.status == 0 && finished.errors.isEmpty)
            let json = try await runCommand(["stats", "--json", "--endpoint", endpoint])
            #expect(try json.output.count == 1 && value("interactions", of: json.output.first) == "1234567")
        }
    }

    @Test func `Without a split it is said how to make one`() async throws {
        try await withOwnServer(register: FixedCatalog().register, schema: []) { _, endpoint in
            let finished = try await runCommand(["stats", "--endpoint", endpoint])
            #expect(finished.status == 0 && finished.output.last == "no split yet: rdrec split makes one")
        }
    }

    @Test func `A split is made by the policy that was asked for`() async throws {
        let catalog = FixedCatalog()
        try await withOwnServer(register: catalog.register, schema: []) { _, endpoint in
            func split(_ arguments: String...) async throws -> Finished {
                try await runCommand(["split", "--endpoint", endpoint] + arguments)
            }
            let plain = try await split()
            #expect(plain.status == 0 && plain.output.prefix(2) == ["split   4, current", "policy  leave one out"])
            let timed = try await split(
                "--kind", "global-time", "--k-core", "3", "--validation-from", "2024-02-29", "--test-from", "2024-03-01T06:00:00Z")
            let policy = "policy  global time, validation from 2024-02-29 00:00:00, test from 2024-03-01 06:00:00, 3-core"
            #expect(timed.output.count == 8 && timed.output.dropFirst().first == policy)
            #expect(
                try await split("--kind", "global-time").output.dropFirst().first
                    == "policy  global time, the last fifth and the last tenth")
            #expect(try await value("version", of: split("--json").output.first) == "4")
            #expect(
                try await split("--k-core", "2000")
                    == Finished(output: [], errors: ["error: FAILED_PRECONDITION: nothing is left"], status: 19))
        }
        let timed = SplitPolicy(kind: .globalTime, kCore: 3, validationFromMs: 1_709_164_800_000, testFromMs: 1_709_272_800_000)
        #expect(catalog.policies.prefix(2) == [SplitPolicy(kind: .leaveOneOut), timed])
    }

    @Test(arguments: [
        ["--kind", "random"], ["--validation-from", "2024-01-01"], ["--validation-from", "2024-01-01", "--test-from", "2024-01-02"],
        ["--kind", "global-time", "--validation-from", "2024-01-02", "--test-from", "2024-01-01"],
        ["--kind", "global-time", "--validation-from", "2024-02-30", "--test-from", "2024-03-01"], ["--k-core", "-1"],
    ]) func `A policy that cannot be is refused`(_ arguments: [String]) async throws {
        let finished = try await runCommand(["split"] + arguments)
        #expect(finished.status == 64 && finished.output.isEmpty && !finished.errors.isEmpty)
    }

    @Test func `Rationales are shown, with the split's part`() async throws {
        func stored(_ user: String, _ part: SplitPart, at time: Int64) -> StoredRationale {
            let rationale = Rationale(
                reviewID: "r", userID: user, itemID: "i1", userPreference: "The user likes \u{7}bells.", itemAttributes: "It rings.")
            return StoredRationale(rationale: rationale, timestampMs: time, part: part)
        }
        let catalog = FixedCatalog(rationales: [stored("u1", .training, at: 1_709_209_859_000), stored("u2", .unspecified, at: 0)])
        try await withOwnServer(register: catalog.register, schema: []) { _, endpoint in
            let finished = try await runCommand(["rationales", "--item", "i1", "--endpoint", endpoint])
            #expect(
                finished.output == [
                    "2024-02-29 12:30:59  user u1  item i1  training", #"  The user likes \u{7}bells."#, "  It rings.",
                    "-  user u2  item i1  in no split yet", #"  The user likes \u{7}bells."#, "  It rings.",
                ])
            #expect(finished.status == 0 && finished.errors.isEmpty)
            let json = try await runCommand(["rationales", "show", "--user", "u1", "--training-only", "--json", "--endpoint", endpoint])
            #expect(try json.output.count == 2 && value("part", of: json.output.first) == "SPLIT_PART_TRAINING")
        }
        #expect(
            catalog.listings == [
                ListRationalesRequest(subject: .itemID("i1")), ListRationalesRequest(subject: .userID("u1"), trainingOnly: true),
            ])
        try await withOwnServer(register: FixedCatalog().register, schema: []) { _, endpoint in
            let none = try await runCommand(["rationales", "--item", "i1", "--endpoint", endpoint])
            #expect(none == Finished(output: [], errors: ["note: there are none"], status: 0))
        }
    }

    @Test(arguments: [["rationales"], ["rationales", "--item", "a", "--user", "b"], ["rationales", "quality"]])
    func `Whose rationales has to be said`(_ arguments: [String]) async throws {
        #expect(try await runCommand(arguments).status == 64)
    }
}
