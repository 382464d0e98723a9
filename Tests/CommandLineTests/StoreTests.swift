import Foundation
import RPC
import Testing
import Wire
import rdrec

@Suite(.timeLimit(.minutes(2))) struct StoreTests {
    @Test func `A store without faults is told by its tables`() async throws {
        let tables = [TableCount(table: "items", rows: 1_200), TableCount(table: "interactions", rows: 34_000)]
        let storage = FakeStorage(response: CheckStoreResponse(tables: tables, schemaVersion: "0003"))
        try await withOwnServer(register: storage.register, schema: []) { _, endpoint in
            let finished = try await runCommand(["store", "check", "--endpoint", endpoint])
            let lines = ["items          1,200", "interactions  34,000", "schema 0003", "no faults"]
            #expect(finished == Finished(output: lines, errors: [], status: 0))
            let json = try await runCommand(["store", "check", "--json", "--endpoint", endpoint])
            #expect(try json.status == 0 && value("schemaVersion", of: json.output.first) == "0003")
        }
    }

    @Test func `Faults are listed, and fail the check`() async throws {
        let storage = FakeStorage(response: CheckStoreResponse(faults: ["a page is torn", "row 7\u{1B}"], faultCount: 1_500))
        try await withOwnServer(register: storage.register, schema: []) { _, endpoint in
            let finished = try await runCommand(["store", "check", "--endpoint", endpoint])
            #expect(finished.output.suffix(3) == ["fault: a page is torn", #"fault: row 7\u{1b}"#, "and 1,498 more"])
            #expect(finished.status == 1 && finished.errors == ["error: the store has 1,500 faults"])
            #expect(try await runCommand(["store", "check", "--json", "--endpoint", endpoint]).status == 1)
        }
    }

    // MARK: Backups

    private let content = (0..<2_500).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    /// The content in chunks of a thousand bytes, as a server that is well sends it.
    private var chunks: [BackupChunk] {
        var digest = Sha256()
        digest.update(content)
        return stride(from: 0, to: content.count, by: 1_000).map { start in
            let end = min(start + 1_000, content.count)
            return BackupChunk(
                offset: UInt64(start), content: Array(content[start..<end]), totalBytes: UInt64(content.count),
                sha256: end == content.count ? digest.finished() : "")
        }
    }

    private func backUp(_ chunks: [BackupChunk], to path: String, _ more: String...) async throws -> Finished {
        try await withOwnServer(register: FakeStorage(chunks: chunks).register, schema: []) { _, endpoint in
            try await runCommand(["store", "backup", path, "--endpoint", endpoint] + more)
        }
    }

    @Test func `A backup is the store's bytes`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/copy.sqlite"
            let finished = try await backUp(chunks, to: path)
            #expect(finished == Finished(output: ["2.4 KiB, sha256 \(chunks.last?.sha256 ?? "")"], errors: [], status: 0))
            #expect(FileManager.default.contents(atPath: path) == Data(content))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["copy.sqlite"])
        }
    }

    @Test func `A file that is there stays unless forced`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/copy.sqlite"
            try "mine".write(toFile: path, atomically: false, encoding: .utf8)
            let refused = try await backUp(chunks, to: path)
            #expect(refused.status == 64 && refused.errors == ["error: \(path) is there already: --force puts the backup in its place"])
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
            #expect(try await backUp(chunks, to: path, "--force").status == 0)
            #expect(FileManager.default.contents(atPath: path) == Data(content))
        }
    }

    @Test func `A backup that is not whole leaves nothing behind`() async throws {
        var swapped = chunks, other = chunks, grown = chunks
        swapped.swapAt(0, 1)
        other[1].content[5] ^= 1
        grown[1].totalBytes += 1
        let wrong = [Array(chunks.dropLast()), Array(chunks.dropFirst()), swapped, other, grown, [], chunks + [chunks[0]]]
        try await withTemporaryFolder { folder in
            let path = folder + "/copy.sqlite"
            try "mine".write(toFile: path, atomically: false, encoding: .utf8)
            for (index, chunks) in wrong.enumerated() {
                let finished = try await backUp(chunks, to: path, "--force")
                #expect(finished.status == 25 && finished.errors.first?.hasPrefix("error: DATA_LOSS: ") == true, "\(index): \(finished)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["copy.sqlite"])
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
            }
        }
    }

    @Test func `A backup that is stopped leaves nothing behind`() async throws {
        let storage = FakeStorage(chunks: Array(chunks.dropLast()), isEndless: true)
        try await withTemporaryFolder { folder in
            try await withOwnServer(at: "ipc://\(folder)/own", drainBudget: .zero, register: storage.register) { _ in
                let path = folder + "/copy.sqlite"
                let child = try Child("rdrec", ["store", "backup", path, "--endpoint", "ipc://\(folder)/own"])
                while !FileManager.default.fileExists(atPath: path + ".partial") { try await Task.sleep(for: .milliseconds(10)) }
                child.signal(SIGINT)
                #expect(await child.ended() == Finished(output: [], errors: [], status: 130))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.contains("copy") })
            }
        }
    }

    @Test func `A place where no file can be is told`() async throws {
        let finished = try await backUp(chunks, to: "/dev/null/copy")
        #expect(finished.status == 74 && finished.errors == ["error: cannot write /dev/null/copy: Not a directory"])
    }
}
