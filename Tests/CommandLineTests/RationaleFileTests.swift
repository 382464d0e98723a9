import Foundation
import RPC
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct RationaleFileTests {
    /// A folder with a file of reviews, and a teacher.
    private struct Stage {
        let folder: String
        let endpoint: String
        var reviews: String { folder + "/reviews.jsonl" }
        var out: String { folder + "/rationales.jsonl" }
        var failed: String { out + ".failed.jsonl" }

        func start(_ arguments: String...) throws -> Child {
            try Child("rdrec", ["rationale", "--file", reviews, "--out", out, "--endpoint", endpoint] + arguments)
        }

        func run(_ arguments: String...) async throws -> Finished {
            let child = try Child("rdrec", ["rationale", "--file", reviews, "--out", out, "--endpoint", endpoint] + arguments)
            child.closeInput()
            return await child.ended().quiet
        }

        /// The ids of a file's lines, each of which must be whole.
        func ids(_ path: String) throws -> [String] {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.isEmpty || text.hasSuffix("\n"))
            return try text.split(separator: "\n").map { try #require(try value("reviewId", of: String($0))) }
        }
    }

    private func withStage(_ teacher: FakeTeacher, _ texts: [String], _ body: (Stage) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let stage = Stage(folder: folder, endpoint: "ipc://\(folder)/own")
            try write(texts, to: stage.reviews)
            try await withOwnServer(at: stage.endpoint, drainBudget: .zero, register: teacher.register) { _ in try await body(stage) }
        }
    }

    private func write(_ texts: [String], to path: String) throws {
        let lines = texts.enumerated().map { #"{"review_id": "r\#($0)", "userId": "u", "item_id": "i\#($0)", "text": "\#($1)"}"# }
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: false, encoding: .utf8)
    }

    @Test func `Every review of a file gets a rationale, once`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, (0..<1_000).map { "text \($0)" }) { stage in
            let finished = try await stage.run("--in-flight", "50", "--seed", "3")
            #expect(finished == Finished(output: [Self.counts(written: 1_000)], errors: [], status: 0))
            #expect(try stage.ids(stage.out).sorted() == (0..<1_000).map { "r\($0)" }.sorted())
            let first = try String(contentsOfFile: stage.out, encoding: .utf8).split(separator: "\n")[0]
            #expect(try value("userPreference", of: String(first)) == "The user prefers text 0.")
            #expect(teacher.requests.allSatisfy { $0.priority == .bulk && $0.sampling == Sampling(seed: 3) })
            // A second start finds nothing to do.
            #expect(try await stage.run() == Finished(output: [Self.counts(thereBefore: 1_000)], errors: [], status: 0))
            #expect(teacher.requests.count == 1_000)
        }
    }

    private static func counts(written: Int = 0, failed: Int = 0, thereBefore: Int = 0, repeated: Int = 0) -> String {
        "written \(written), failed \(failed), there before \(thereBefore), with an id that was there \(repeated)"
    }

    @Test func `What fails is told with its status, and tried again by the next start`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, ["a", "fail 3", "b", "fail 13"]) { stage in
            let finished = try await stage.run()
            #expect(finished.status == 1 && finished.output == [Self.counts(written: 2, failed: 2)])
            #expect(finished.errors == ["error: 2 reviews have no rationale: \(stage.failed) tells why"])
            #expect(try stage.ids(stage.out).sorted() == ["r0", "r2"])
            let failed = try String(contentsOfFile: stage.failed, encoding: .utf8)
            #expect(failed.split(separator: "\n").contains(#"{"reviewId":"r1","status":3,"message":"as asked"}"#))
            #expect(try stage.ids(stage.failed).sorted() == ["r1", "r3"])
            try write(["a", "good now", "b", "fail 13"], to: stage.reviews)
            #expect(try await stage.run().output == [Self.counts(written: 1, failed: 1, thereBefore: 2)])
            #expect(try stage.ids(stage.failed) == ["r3"] && stage.ids(stage.out).count == 3)
        }
    }

    @Test func `A busy server is asked again, but not for ever`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, ["busy 2", "x", "busy 1000"]) { stage in
            let finished = try await stage.run()
            #expect(finished.output == [Self.counts(written: 2, failed: 1)] && finished.status == 1)
            #expect(try stage.ids(stage.failed) == ["r2"])
            #expect(teacher.requests.count { $0.review?.reviewID == "r0" } == 3)
        }
    }

    @Test func `A call that the server ends is made again, with what had no answer`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, (0..<40).map { $0 % 10 == 5 ? "drop 2" : "text" }) { stage in
            let finished = try await stage.run()
            #expect(finished.output == [Self.counts(written: 40)] && finished.status == 0)
            #expect(finished.errors.first?.hasPrefix("note: UNAVAILABLE: dropped: trying again") == true)
            #expect(try Set(stage.ids(stage.out)).count == 40 && teacher.calls > 2)
        }
    }

    @Test func `A review that the server forgets fails by itself`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, ["x", "forget", "y"]) { stage in
            let finished = try await stage.run()
            #expect(finished.output == [Self.counts(written: 2, failed: 1)])
            #expect(try stage.ids(stage.failed) == ["r1"])
        }
    }

    @Test func `A server that is restarted finds the job where it was`() async throws {
        let first = FakeTeacher(limit: 100), second = FakeTeacher()
        try await withTemporaryFolder { folder in
            let stage = Stage(folder: folder, endpoint: "ipc://\(folder)/own")
            try write((0..<300).map { "text \($0)" }, to: stage.reviews)
            let child = try await withOwnServer(at: stage.endpoint, drainBudget: .zero, register: first.register) { _ in
                let child = try stage.start("--in-flight", "30")
                await first.received(101)
                return child
            }
            try await withOwnServer(at: stage.endpoint, register: second.register) { _ in
                let finished = await child.ended().quiet
                #expect(finished.output == [Self.counts(written: 300)] && finished.status == 0)
                #expect(finished.errors.count == 1 && finished.errors.first?.hasPrefix("note: ") == true)
            }
            #expect(try stage.ids(stage.out).sorted() == (0..<300).map { "r\($0)" }.sorted())
        }
    }

    @Test func `A server that stays away ends the job with its status`() async throws {
        let teacher = FakeTeacher(limit: 10)
        try await withTemporaryFolder { folder in
            let stage = Stage(folder: folder, endpoint: "ipc://\(folder)/own")
            try write((0..<30).map { "text \($0)" }, to: stage.reviews)
            // One that has never been there is not waited for.
            #expect(try await stage.run().errors == ["error: UNAVAILABLE: cannot connect to \(stage.endpoint): is the server running?"])
            let child = try await withOwnServer(at: stage.endpoint, drainBudget: .zero, register: teacher.register) { _ in
                let child = try stage.start("--patience", "0.2")
                await teacher.received(11)
                return child
            }
            let finished = await child.ended().quiet
            #expect(finished.status == 24 && finished.errors.count == 2)
            #expect(try stage.ids(stage.out).count == 10)
        }
    }

    @Test func `A job that was killed goes on, and a torn line is cut`() async throws {
        let first = FakeTeacher(limit: 50), second = FakeTeacher()
        try await withTemporaryFolder { folder in
            let stage = Stage(folder: folder, endpoint: "ipc://\(folder)/own")
            try write((0..<120).map { "text \($0)" }, to: stage.reviews)
            try await withOwnServer(at: stage.endpoint, drainBudget: .zero, register: first.register) { _ in
                let child = try stage.start("--in-flight", "60")
                await first.received(51)
                child.signal(SIGKILL)
                #expect(await child.ended().status == -SIGKILL)
            }
            let written = try stage.ids(stage.out).count
            #expect(written <= 50)
            let handle = try #require(FileHandle(forWritingAtPath: stage.out))
            handle.seekToEndOfFile()
            handle.write(Data(#"{"reviewId":"r119","userPref"#.utf8))
            try handle.close()
            try await withOwnServer(at: stage.endpoint, register: second.register) { _ in
                let finished = try await stage.run()
                #expect(finished.output == [Self.counts(written: 120 - written, thereBefore: written)])
            }
            #expect(try stage.ids(stage.out).sorted() == (0..<120).map { "r\($0)" }.sorted())
        }
    }

    @Test func `A signal ends the job, and what was written stays`() async throws {
        let teacher = FakeTeacher(limit: 20)
        try await withStage(teacher, (0..<40).map { "text \($0)" }) { stage in
            let child = try stage.start()
            await teacher.received(21)
            child.signal(SIGINT)
            #expect(await child.ended().quiet == Finished(output: [], errors: [], status: 130))
            #expect(try stage.ids(stage.out).count <= 20)
        }
    }

    @Test func `Ids are made of user, item and time, and one that comes twice counts once`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, []) { stage in
            let line = #"{"userId": "u", "itemId": "i", "text": "x", "timestampMs": "7"}"#
            try "\(line)\n\n\(line)\r\n".write(toFile: stage.reviews, atomically: false, encoding: .utf8)
            #expect(try await stage.run().output == [Self.counts(written: 1, repeated: 1)])
            #expect(try stage.ids(stage.out) == ["u|i|7"])
        }
    }

    @Test func `A file of something else is left as it is, and the reviews are not written over`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, ["text"]) { stage in
            for content in ["notes without an end", "one line of notes\n", "{\"text\": \"x\"}\n"] {
                try content.write(toFile: stage.out, atomically: false, encoding: .utf8)
                #expect(try await stage.run().status == 64)
                #expect(try String(contentsOfFile: stage.out, encoding: .utf8) == content)
            }
            try FileManager.default.removeItem(atPath: stage.out)
            try FileManager.default.linkItem(atPath: stage.reviews, toPath: stage.out)
            let reviews = try String(contentsOfFile: stage.reviews, encoding: .utf8)
            #expect(try await stage.run().status == 64)
            #expect(try String(contentsOfFile: stage.reviews, encoding: .utf8) == reviews)
        }
    }

    @Test(arguments: [
        ("{\"text\": \"x\", \"reviewId\": \"a\"}\n[]", "line 2 is not a rdrec.v1.Review: "),
        ("{\"text\": \"x\", \"userId\": \"u\"}", "line 1 has neither reviewId nor userId and itemId"),
        ("{\"txt\": \"x\"}", "line 1 is not a rdrec.v1.Review: "),
    ]) func `A file that is wrong is told before anything is sent`(_ content: String, _ message: String) async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, []) { stage in
            try content.write(toFile: stage.reviews, atomically: false, encoding: .utf8)
            let finished = try await stage.run()
            #expect(finished.status == 64 && finished.errors.first?.hasPrefix("error: \(stage.reviews), \(message)") == true)
            #expect(teacher.requests.isEmpty)
        }
    }

    @Test func `Files that cannot be used are told`() async throws {
        let teacher = FakeTeacher()
        try await withStage(teacher, ["x"]) { stage in
            try "# notes\nmine\n".write(toFile: stage.out, atomically: false, encoding: .utf8)
            let other = try await stage.run()
            #expect(other.status == 64 && other.errors.first?.hasPrefix("error: \(stage.out), line 1 is not a rdrec.v1.Rationale") == true)
            #expect(try String(contentsOfFile: stage.out, encoding: .utf8) == "# notes\nmine\n")
            try FileManager.default.removeItem(atPath: stage.reviews)
            try FileManager.default.removeItem(atPath: stage.out)
            let missing = try await stage.run()
            #expect(missing.status == 74 && missing.errors == ["error: cannot read \(stage.reviews): No such file or directory"])
        }
    }

    @Test func `Two jobs do not write one file`() async throws {
        let teacher = FakeTeacher(limit: 0)
        try await withStage(teacher, ["x"]) { stage in
            let child = try stage.start()
            await teacher.received(1)
            let second = try await stage.run()
            #expect(second.status == 74 && second.errors == ["error: \(stage.out) is being written by another rdrec"])
            child.signal(SIGTERM)
            #expect(await child.ended().status == 143)
        }
    }
}
