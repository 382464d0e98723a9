import Foundation
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2))) struct EvaluateTests {
    private static let report = Report(files: [
        ReportFile(name: "hr.svg", content: "<svg/>"), ReportFile(name: "report.json", content: "{\"title\": \"a\u{9B}\"}"),
        ReportFile(name: "report.md", content: "# Test\u{1B}\n| HR@10 |\n"),
    ])
    private static let lines = [#"# Test\u{1b}"#, "| HR@10 |"]
    private static let note = "note: job job-1: rdrec report job-1 prints its report again"

    private static func job(_ state: JobState, failed: UInt64 = 0) -> Job {
        Job(jobID: "job-1", kind: "evaluation", state: state, done: 4, total: 4, modelVersion: "0003", failed: failed)
    }

    private static func jobs(_ last: Job = job(.succeeded), report: Report? = report) -> FakeJobs {
        FakeJobs(watches: [.init(events: [JobEvent(job: job(.running)), JobEvent(job: last)])], report: report)
    }

    private func run(
        _ jobs: FakeJobs = Self.jobs(), models: ListModelsResponse = .some, _ command: String = "evaluate", _ arguments: String...
    ) async throws -> Finished {
        try await withOwnServer(
            register: {
                jobs.register(in: &$0)
                FakeModels(list: models).register(in: &$0)
            }, schema: []
        ) { _, endpoint in try await runCommand([command] + arguments + ["--endpoint", endpoint]).quiet }
    }

    @Test func `An evaluation prints its report`() async throws {
        let jobs = Self.jobs()
        #expect(try await run(jobs) == Finished(output: Self.lines, errors: [Self.note], status: 0))
        #expect(jobs.evaluations == [StartEvaluationRequest(split: "test", withBaselines: true)])
        let json = try await run(Self.jobs(), "evaluate", "--json")
        #expect(json == Finished(output: [#"{"title": "a\u009b"}"#], errors: [Self.note], status: 0))
    }

    @Test func `The request has what the options say`() async throws {
        let jobs = Self.jobs()
        let finished = try await run(
            jobs, "evaluate", "0002", "--split", "validation", "--cutoffs", "1,20", "--no-baselines", "--negatives", "99",
            "--explain-users",
            "50", "--robustness-interactions", "10,20", "--robustness-rationales", "12.5", "--seeds", "1,2", "--detach")
        #expect(finished == Finished(output: ["job-1"], errors: [], status: 0))
        let robustness = Robustness(randomInteractions: [0.1, 0.2], swappedRationales: [0.125], seeds: [1, 2])
        let asked = StartEvaluationRequest(
            modelVersion: "0002", split: "validation", cutoffs: [1, 20], sampledNegatives: 99, explainedUsers: 50, robustness: robustness)
        #expect(jobs.evaluations == [asked] && jobs.watching == 0)
        let json = try await run(Self.jobs(), "evaluate", "--detach", "--json")
        #expect(try value("kind", of: json.output.first) == "evaluation" && json.errors.isEmpty)
    }

    @Test func `An evaluation that fails has no report, one with failures has`() async throws {
        let failed = try await run(Self.jobs(Self.job(.failed)))
        let end = "job-1 FAILED: 4 of 4, model 0003"
        #expect(failed == Finished(output: [], errors: [Self.note, end, "error: job job-1 is FAILED"], status: 1))
        let some = try await run(Self.jobs(Self.job(.succeeded, failed: 2)))
        #expect(some == Finished(output: Self.lines, errors: [Self.note, "error: 2 of job job-1 have failed"], status: 1))
    }

    @Test func `Without a version it is said how to make one`() async throws {
        let error = "error: FAILED_PRECONDITION: there is no such version"
        let none = try await run(FakeJobs(hasModel: false), models: ListModelsResponse())
        #expect(none == Finished(output: [], errors: [error, "  there is no model yet: rdrec train makes one"], status: 19))
        let asleep = try await run(FakeJobs(hasModel: false), models: ListModelsResponse(models: [ModelInfo(version: "0001")]))
        #expect(asleep.errors == [error, "  no version is active: rdrec activate VERSION makes one serve"])
        let unknown = try await run(Self.jobs(), "evaluate", "0009")
        #expect(unknown.errors == [error, "  rdrec models lists the versions that there are"] && unknown.status == 19)
        // Why else, the student alone can say.
        #expect(try await run(FakeJobs(hasModel: false)).errors == [error])
    }

    @Test func `Ctrl-C leaves the evaluation running`() async throws {
        let jobs = FakeJobs(watches: [.init(events: [JobEvent(job: Self.job(.running))], end: .never)])
        try await withTemporaryFolder { folder in
            let endpoint = "ipc://\(folder)/own"
            try await withOwnServer(at: endpoint, drainBudget: .zero, register: jobs.register) { _ in
                let child = try Child("rdrec", ["evaluate", "--endpoint", endpoint])
                while jobs.watching == 0 { try await Task.sleep(for: .milliseconds(10)) }
                child.signal(SIGINT)
                let finished = await child.ended().quiet
                let goesOn = "note: job job-1 goes on: rdrec jobs watch job-1 shows it again, rdrec jobs cancel job-1 ends it"
                #expect(finished == Finished(output: [], errors: [Self.note, goesOn], status: 130))
            }
        }
    }

    // MARK: Files

    @Test func `A report's files are written into a new folder`() async throws {
        try await withTemporaryFolder { folder in
            let out = folder + "/out", written = "note: \(out) has hr.svg, report.json, report.md"
            let finished = try await run(Self.jobs(), "evaluate", "--out", out)
            #expect(finished == Finished(output: Self.lines, errors: [Self.note, written], status: 0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: out).sorted() == ["hr.svg", "report.json", "report.md"])
            #expect(FileManager.default.contents(atPath: out + "/report.md") == Data("# Test\u{1B}\n| HR@10 |\n".utf8))
        }
    }

    @Test func `A folder in use is told before the work, and stays unless forced`() async throws {
        try await withTemporaryFolder { folder in
            for name in ["report.md", "other"] { try "mine".write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8) }
            let refusal = Finished(
                output: [], errors: ["error: \(folder) is not empty: --force writes into it all the same"], status: 64)
            let jobs = Self.jobs()
            #expect(try await run(jobs, "evaluate", "--out", folder) == refusal)
            #expect(jobs.evaluations.isEmpty)
            #expect(try await run(jobs, "report", "job-1", "--out", folder) == refusal)
            #expect(FileManager.default.contents(atPath: folder + "/report.md") == Data("mine".utf8))
            let forced = try await run(jobs, "report", "job-1", "--out", folder, "--force", "--json")
            #expect(forced.output == [#"{"title": "a\u009b"}"#] && forced.status == 0)
            #expect(FileManager.default.contents(atPath: folder + "/report.md")?.count == 18)
            #expect(FileManager.default.contents(atPath: folder + "/other") == Data("mine".utf8))
        }
        let nowhere = try await run(Self.jobs(), "report", "job-1", "--out", "/dev/null/out")
        #expect(nowhere.status == 74 && nowhere.errors == ["error: cannot make the folder /dev/null/out: Not a directory"])
    }

    @Test(arguments: ["../up", "/root", ".", "..", "", ".hidden", "a/b"]) func `No file is written outside the folder`(
        _ name: String
    ) async throws {
        try await withTemporaryFolder { folder in
            let report = Report(files: [ReportFile(name: "report.md", content: "a"), ReportFile(name: name, content: "b")])
            let finished = try await run(Self.jobs(report: report), "report", "job-1", "--out", folder + "/in/..//out")
            #expect(finished.status != 0 && finished.output.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0 == "out" })
        }
    }

    @Test func `A report is printed again, where there is one`() async throws {
        #expect(try await run(Self.jobs(), "report", "job-1") == Finished(output: Self.lines, errors: [], status: 0))
        let none = try await run(Self.jobs(report: nil), "report", "job-1")
        #expect(none == Finished(output: [], errors: ["error: FAILED_PRECONDITION: job-1 has left no report"], status: 19))
        let table = Report(files: Self.report.files + [ReportFile(name: "robustness.md", content: "| kept |")])
        #expect(try await run(Self.jobs(report: table), "report", "job-1").output == Self.lines + ["", "| kept |"])
        let curves = Self.jobs(report: Report(files: [ReportFile(name: "loss.svg", content: "<svg/>")]))
        let drawn = try await run(curves, "report", "job-1")
        #expect(drawn == Finished(output: [], errors: ["error: the report has no report.md, it has loss.svg"], status: 15))
    }

    @Test(arguments: [
        ["evaluate", "--cutoffs", "0"], ["evaluate", "--cutoffs", "1,,2"], ["evaluate", "--cutoffs", ""],
        ["evaluate", "--split", "training"],
        ["evaluate", "--robustness-interactions", "101"], ["evaluate", "--robustness-rationales", "0"],
        ["evaluate", "--robustness-rationales", "nan"], ["evaluate", "--seeds", "1"], ["evaluate", "--detach", "--out", "a"],
        ["evaluate", "--force"], ["evaluate", "a", "b"], ["evaluate", "--patience", "-1"], ["report"], ["report", "a", "--force"],
    ]) func `Wrong arguments exit with 64`(_ arguments: [String]) async throws {
        let finished = try await runCommand(arguments)
        #expect(finished.status == 64 && finished.output.isEmpty && !finished.errors.isEmpty)
    }
}
