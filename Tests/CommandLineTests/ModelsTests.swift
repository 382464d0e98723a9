import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2))) struct ModelsTests {
    private func run(_ models: ListModelsResponse, _ arguments: String...) async throws -> Finished {
        try await withOwnServer(register: FakeModels(list: models).register, schema: []) { _, endpoint in
            try await runCommand(arguments + ["--endpoint", endpoint])
        }
    }

    @Test func `Versions are a table`() async throws {
        let finished = try await run(.some, "models")
        #expect(
            finished.output == [
                #"   VERSION    MADE                 PRESET  INDEXING              "#
                    + #" RATIONALES  DISTURBED                             SPLIT   HR@10  NDCG@10  PARAMETERS"#,
                #"*  0003       2024-02-29 12:30:59  small   atomic                 yes     "#
                    + #"    -                                     4      0.0912   0.0480   1,234,567"#,
                #"   0002       -                    paper   digits-in-order LEAKS  no      "#
                    + #"    10 % interactions, 12.5 % rationales  -           -        -           0"#,
                #"   00\u{1b}1  -                    -       -                      yes     "#
                    + #"    -                                     -           -        -           0"#,
            ])
        #expect(finished.status == 0 && finished.errors.isEmpty)
        let json = try await run(.some, "models", "--json")
        #expect(try json.output.count == 1 && value("activeVersion", of: json.output.first) == "0003")
    }

    @Test func `Without a version it is said how to make one`() async throws {
        let note = "note: there is no model yet: rdrec train makes one"
        #expect(try await run(ListModelsResponse(), "models") == Finished(output: [], errors: [note], status: 0))
        #expect(try await run(ListModelsResponse(), "models", "--json") == Finished(output: ["{}"], errors: [], status: 0))
    }

    @Test func `A version is activated`() async throws {
        let active = "0003 is active: sequence, 1,234,567 parameters"
        #expect(try await run(.some, "activate", "0003") == Finished(output: [active], errors: [], status: 0))
        #expect(try await value("architecture", of: run(.some, "activate", "0003", "--json").output.first) == "sequence")
        let error = "error: NOT_FOUND: there is no version 7"
        let unknown = Finished(output: [], errors: [error, "  rdrec models lists the versions that there are"], status: 15)
        #expect(try await run(.some, "activate", "7") == unknown)
        let none = Finished(output: [], errors: [error, "  there is no model yet: rdrec train makes one"], status: 15)
        #expect(try await run(ListModelsResponse(), "activate", "7") == none)
    }

    // MARK: Interactions

    private func record(_ catalog: FixedCatalog, _ arguments: String...) async throws -> Finished {
        try await withOwnServer(register: catalog.register, schema: []) { _, endpoint in
            try await runCommand(["record", "--endpoint", endpoint] + arguments)
        }
    }

    @Test func `An interaction is recorded, and the history's length told`() async throws {
        let catalog = FixedCatalog()
        #expect(try await record(catalog, "u 1", "i\u{7}") == Finished(output: ["u 1 has 1 interaction"], errors: [], status: 0))
        let timed = try await record(catalog, "u1", "i1", "--time", "2024-02-29T12:30:59Z")
        #expect(timed.output == ["u1 has 2 interactions"])
        #expect(try await value("historyLength", of: record(catalog, "u1", "i1", "--time", "77", "--json").output.first) == "3")
        #expect(
            catalog.recorded.map(\.interaction) == [
                Interaction(userID: "u 1", itemID: "i\u{7}"), Interaction(userID: "u1", itemID: "i1", timestampMs: 1_709_209_859_000),
                Interaction(userID: "u1", itemID: "i1", timestampMs: 77),
            ])
    }

    @Test func `A call that is made again has the same key`() async throws {
        let catalog = FixedCatalog(recordFailures: [RPCError(.unavailable, "restarting"), RPCError(.unavailable, "restarting")])
        #expect(try await record(catalog, "u1", "i1").output == ["u1 has 1 interaction"])
        #expect(catalog.recorded.count == 3 && Set(catalog.recorded.map(\.key)).count == 1)
        #expect(catalog.recorded.first?.key.count == 32)
        let refused = try await record(FixedCatalog(recordFailures: [RPCError(.notFound, "there is no item i9")]), "u1", "i9")
        #expect(refused == Finished(output: [], errors: ["error: NOT_FOUND: there is no item i9"], status: 15))
    }
}
