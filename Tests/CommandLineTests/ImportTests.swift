import Foundation
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2))) struct ImportTests {
    /// A folder with a data set, and where a catalogue is.
    private struct Stage {
        let folder: String
        let endpoint: String

        func write(_ content: some StringProtocol, to name: String) throws -> String {
            try String(content).write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
            return folder + "/" + name
        }

        func start(_ arguments: [String]) throws -> Child {
            try Child("rdrec", ["import"] + arguments + ["--endpoint", endpoint, "--batch", "200"])
        }

        func run(_ arguments: String...) async throws -> Finished {
            let child = try start(arguments)
            child.closeInput()
            return await ended(child)
        }

        /// As `ended()`, without what a slow machine tells of the progress.
        func ended(_ child: Child) async -> Finished {
            var finished = await child.ended()
            finished.errors.removeAll { $0.contains(" records, ") && $0.contains(" %") }
            return finished
        }
    }

    private func withStage(_ catalog: FakeCatalog, _ body: (Stage) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let stage = Stage(folder: folder, endpoint: "ipc://\(folder)/own")
            try await withOwnServer(at: stage.endpoint, drainBudget: .zero, register: catalog.register) { _ in try await body(stage) }
        }
    }

    private static func lines(_ range: Range<Int>) -> String {
        range.map { #"{"user": "u\#($0 % 10)", "item": "i\#($0)"}"# }.joined(separator: "\n") + "\n"
    }

    private static func records(_ range: Range<Int>) -> [IngestRecord.Record] {
        range.map { .interaction(Interaction(userID: "u\($0 % 10)", itemID: "i\($0)")) }
    }

    /// The line of counts without its rate.
    private func counts(_ finished: Finished) -> String {
        let line = finished.output.first ?? ""
        return line.hasSuffix(" records/s") ? line.split(separator: ", ").dropLast().joined(separator: ", ") : line
    }

    private func expected(_ kind: String, _ count: Int, bad: Int = 0) -> String {
        ["reviews", "items", "interactions", "rationales"].map { "\($0) \($0 == kind ? count : 0)" }.joined(separator: ", ")
            + ", duplicates 0, bad \(bad)"
    }

    @Test func `All records come in order, a call after the other`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let path = try stage.write(Self.lines(0..<450), to: "data.jsonl")
            let finished = try await stage.run("jsonl", path)
            #expect(finished.status == 0 && finished.errors.isEmpty && finished.output.count == 1)
            #expect(counts(finished) == expected("interactions", 450))
            #expect(catalog.taken == Self.records(0..<450))
            #expect(catalog.calls.map(\.records.count) == [200, 200, 50] && catalog.mostRunning == 1)
        }
    }

    @Test func `Calls that fail for a while are made again, and nothing is lost or out of order`() async throws {
        let catalog = FakeCatalog { call, position, _ in
            switch (call, position) {
            case (0, 0): .fail(.tryLater(.resourceExhausted, "full", retryAfter: .milliseconds(100)))
            case (2, 70): .fail(RPCError(.unavailable, "restarting"))
            case (3, 0): .fail(RPCError(.aborted, "again"))
            default: .take
            }
        }
        try await withStage(catalog) { stage in
            let path = try stage.write(Self.lines(0..<300), to: "data.jsonl")
            let finished = try await stage.run("jsonl", path)
            #expect(finished.status == 0 && counts(finished) == expected("interactions", 300))
            #expect(catalog.taken == Self.records(0..<300) && catalog.calls.count == 5)
            let notes = ["note: RESOURCE_EXHAUSTED: full: trying again for ", "note: UNAVAILABLE: restarting: trying again for "]
            #expect(finished.errors.count == 2 && zip(finished.errors, notes).allSatisfy { $0.hasPrefix($1) })
        }
    }

    @Test func `A failure that stays ends the import with its status`() async throws {
        let catalog = FakeCatalog { call, _, _ in call == 0 ? .take : .fail(RPCError(.unavailable, "gone")) }
        try await withStage(catalog) { stage in
            let path = try stage.write(Self.lines(0..<201), to: "data.jsonl")
            let finished = try await stage.run("jsonl", path, "--patience", "0.3")
            #expect(finished.status == 24 && finished.output.isEmpty)
            let last = ["note: 200 records have been sent and stored; the same command goes on", "error: UNAVAILABLE: gone"]
            #expect(Array(finished.errors.suffix(2)) == last)
            #expect(catalog.calls.count > 2)
        }
        let refusing = FakeCatalog { _, _, _ in .fail(RPCError(.permissionDenied, "no")) }
        try await withStage(refusing) { stage in
            let path = try stage.write(Self.lines(0..<1), to: "data.jsonl")
            #expect(try await stage.run("jsonl", path).status == 17 && refusing.calls.count == 1)
        }
    }

    @Test func `A server that has never been there is not waited for`() async throws {
        try await withTemporaryFolder { folder in
            let stage = Stage(folder: folder, endpoint: "ipc://\(folder)/own")
            let finished = try await stage.run("jsonl", stage.write(Self.lines(0..<1), to: "data.jsonl"))
            #expect(finished.status == 24)
            #expect(finished.errors.last == "error: UNAVAILABLE: cannot connect to \(stage.endpoint): is the server running?")
        }
    }

    @Test func `Bad records are told with their lines, whoever finds them`() async throws {
        let catalog = FakeCatalog { _, _, record in
            if case .review(let review) = record, review.text == "bad" { .reject("too bad") } else { .take }
        }
        try await withStage(catalog) { stage in
            let path = try stage.write(
                "user,item,text,rating\nu,i,ok,5\nu,j,bad,4\n\nu,k,ok,five\nu,l,bad,\nu,m,\"o\nk\",1\nu,n\n", to: "data.csv")
            let finished = try await stage.run("csv", path)
            #expect(finished.status == 1 && counts(finished) == expected("reviews", 2, bad: 4))
            let told = [
                "note: \(path), line 3: rejected: too bad", "note: \(path), line 5: rating is not a number: \"five\"",
                "note: \(path), line 6: rejected: too bad", "note: \(path), line 9: the row has 2 cells, and the header 4",
                "error: 4 records are bad and were not taken",
            ]
            #expect(finished.errors == told)
        }
    }

    @Test func `Of many bad records the first are told, and how many more there are`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let path = try stage.write(String(repeating: "{}\n", count: 30) + Self.lines(0..<3), to: "data.jsonl")
            let finished = try await stage.run("jsonl", path, "--json")
            #expect(finished.status == 1 && finished.errors.count == 22)
            #expect(finished.errors[19].hasPrefix("note: \(path), line 20: missing: "))
            #expect(finished.errors[20] == "note: and 10 bad records more")
            #expect(try value("bad", of: finished.output.first) == "30" && value("interactions", of: finished.output.first) == "3")
            #expect(try value("records", of: finished.output.first) == "3" && value("records_per_second", of: finished.output.first) != nil)
        }
    }

    @Test func `--strict ends at the first bad record`() async throws {
        let catalog = FakeCatalog { call, position, _ in call == 1 && position == 1 ? .reject("no") : .take }
        try await withStage(catalog) { stage in
            let path = try stage.write(Self.lines(0..<2) + "[]\n" + Self.lines(2..<4), to: "data.jsonl")
            let finished = try await stage.run("jsonl", path, "--strict")
            #expect(finished.status == 1 && counts(finished) == expected("interactions", 2, bad: 1))
            let reason = "byte 1: expected an object, found \"[\""
            #expect(finished.errors == ["error: \(path), line 3: \(reason) (--strict: the import ends here)"])
            #expect(catalog.taken == Self.records(0..<2))
            let long = try stage.write(Self.lines(0..<210), to: "long.jsonl")
            let rejected = try await stage.run("jsonl", long, "--strict")
            #expect(rejected.status == 1 && catalog.calls.count == 2)
            #expect(rejected.errors == ["error: \(long), line 2: rejected: no (--strict: the import ends here)"])
        }
    }

    @Test func `A signal ends the import, and the same command goes on`() async throws {
        let catalog = FakeCatalog { call, position, _ in call == 1 && position == 3 ? .hold : .take }
        try await withStage(catalog) { stage in
            let path = try stage.write(Self.lines(0..<210), to: "data.jsonl")
            let child = try stage.start(["jsonl", path])
            await catalog.held()
            child.signal(SIGINT)
            let finished = await stage.ended(child)
            #expect(finished.status == 130 && finished.output.isEmpty)
            #expect(finished.errors == ["note: 200 records have been sent and stored; the same command goes on"])
            let again = try await stage.run("jsonl", path)
            #expect(again.status == 0 && counts(again) == expected("interactions", 210))
            #expect(Array(catalog.taken.suffix(210)) == Self.records(0..<210))
        }
    }

    @Test func `What comes before the damage of a file is sent`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let path = try stage.write("user,item\nu0,i0\nu1,i1\nu2,\"i2\n", to: "data.csv")
            let finished = try await stage.run("csv", path)
            #expect(finished.status == 64 && counts(finished) == expected("interactions", 2))
            #expect(finished.errors == ["error: \(path), line 4: the quote that is opened there is not closed"])
            #expect(catalog.taken == Self.records(0..<2))
        }
    }

    @Test func `Rationales come from their own file`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let lines = [
                #"{"reviewId":"r","userId":"u","itemId":"i","userPreference":"P.","itemAttributes":"A.","provenance":{"createdAtMs":"5"}}"#,
                #"{"userPreference":"P."}"#, #"{"review":"r"}"#,
            ]
            let path = try stage.write(lines.joined(separator: "\n"), to: "rationales.jsonl")
            let finished = try await stage.run("rationales", path)
            #expect(finished.status == 1 && counts(finished) == expected("rationales", 1, bad: 2))
            let rationale = Rationale(
                reviewID: "r", userID: "u", itemID: "i", userPreference: "P.", itemAttributes: "A.", provenance: Provenance(createdAtMs: 5))
            #expect(catalog.taken == [.rationale(rationale)])
            #expect(finished.errors[0] == "note: \(path), line 2: reviewId is empty: whose rationale is it?")
            #expect(finished.errors[1].hasPrefix("note: \(path), line 3: the line is not a rdrec.v1.Rationale: "))
        }
    }

    @Test func `Files and arguments that do not fit are told before anything is sent`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let path = try stage.write("who,what\na,b\n", to: "data.csv")
            let columns = try await stage.run("csv", path)
            #expect(columns.status == 64)
            #expect(columns.errors == ["error: \(path) has no column item_id or itemId or item: there are who, what"])
            let missing = try await stage.run("amazon", path + "x")
            #expect(missing.status == 74 && missing.errors == ["error: cannot read \(path)x: No such file or directory"])
            for arguments in [["amazon", path, "--user", "who"], ["nonsense", path], ["csv", path, "--time-unit", "day"], ["csv"]] {
                let child = try stage.start(arguments)
                #expect(await child.ended().status == 64)
            }
            // Nothing but a gzip's beginning.
            try Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0x56]).write(to: URL(fileURLWithPath: path))
            let torn = try await stage.run("amazon", path)
            #expect(torn.status == 74 && torn.errors.last?.hasPrefix("error: cannot read \(path): ") == true, "\(torn)")
            #expect(catalog.calls.isEmpty)
            _ = try stage.write("who,what\na,b\n", to: "data.csv")
            #expect(try await counts(stage.run("csv", path, "--user", "who", "--item", "what")) == expected("interactions", 1))
        }
    }

    @Test func `An empty file is nothing to do`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let finished = try await stage.run("amazon", stage.write("", to: "data"))
            #expect(finished.status == 0 && counts(finished) == expected("reviews", 0) && catalog.calls.isEmpty)
        }
    }

    private static let instruments = "../shared/data/amazon_musical_instruments/Musical_instruments_reviews.csv.zip"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: instruments))) func `A real data set comes whole`() async throws {
        let catalog = FakeCatalog()
        try await withStage(catalog) { stage in
            let finished = try await stage.run("amazon-csv", Self.instruments)
            #expect(finished.status == 0 && counts(finished) == expected("reviews", 10_261) && catalog.taken.count == 10_261)
        }
    }
}
