import ChildProcesses
import DaemonStage
import Foundation
import RPC
import Testing
import Transport
import Wire

/// A disk of twenty-four mebibytes for the student's data: a file system of its own, in a mount namespace of its own.
@Suite(.timeLimit(.minutes(2)), .enabled(if: SmallDisk.isPossible, "this machine allows no mount namespaces"))
struct FullDiskTests {
    @Test("An import that finds no room: RESOURCE_EXHAUSTED and no corruption; with room it goes on where it was")
    func importing() async throws {
        try await StudentStage.with { stage in
            let disk = try SmallDisk(stage)
            let student = try await disk.student(stage)
            let catalog = CatalogClient(try stage.studentClient())
            try await disk.fill(student, leaving: 1 << 20)
            let reviews = shop(users: 2_000, items: 12)
            var acknowledged = 0, refusal: RPCError?
            while acknowledged < reviews.count, refusal == nil {
                do {
                    _ = try await catalog.send(reviews[acknowledged..<acknowledged + 1_000], options: CallOptions(retries: false))
                    acknowledged += 1_000
                } catch let error as RPCError {
                    refusal = error
                }
            }
            let error = try #require(refusal, "everything fitted")
            #expect(error.code == .resourceExhausted && error.message.contains("no room is left"), "\(error)")
            #expect(error.retryAfter != nil)
            // It goes on to answer, with what was acknowledged.
            #expect(try await catalog.statistics().reviews == UInt64(acknowledged))
            let check = try await StorageClient(stage.studentClient()).checkStore(CheckStoreRequest())
            #expect(check.faults.isEmpty, "\(check.faults)")

            try disk.empty(student)
            while acknowledged < reviews.count {
                #expect(try await catalog.send(reviews[acknowledged..<acknowledged + 1_000]).reviews == 1_000)
                acknowledged += 1_000
            }
            #expect(try await catalog.statistics().reviews == UInt64(reviews.count))
            #expect(try await StorageClient(stage.studentClient()).checkStore(CheckStoreRequest()).faults.isEmpty)
        }
    }

    @Test("A distillation that finds no room says so and waits; with room it is completed, nothing lost")
    func distilling() async throws {
        try await StudentStage.with { stage in
            let disk = try SmallDisk(stage)
            let student = try await disk.student(stage)
            _ = try stage.broker()
            _ = try stage.worker(delayMs: 1, "w")
            let catalog = CatalogClient(try stage.studentClient()), jobs = JobsClient(try stage.studentClient())
            _ = try await catalog.send(shop(users: 100, items: 22))
            // A split in advance, for which there must be room.
            _ = try await catalog.makeSplit(SplitPolicy())
            try await disk.fill(student, leaving: 64 << 10)
            let job = try await jobs.startDistillation(StartDistillationRequest())
            try await eventually("the job says why it stands still") {
                try await jobs.getJob(GetJobRequest(jobID: job.jobID)).message.contains("no room is left")
            }
            try disk.empty(student)
            try await eventually("the job ends", within: .seconds(60)) {
                try await jobs.getJob(GetJobRequest(jobID: job.jobID)).state == .succeeded
            }
            let end = try await jobs.getJob(GetJobRequest(jobID: job.jobID))
            #expect([end.done, end.failed, end.total] == [2_000, 0, 2_000], "\(end)")
            #expect(try await catalog.statistics().rationales == 2_000)
        }
    }
}

/// The data folder of a stage on a file system of its own, which only its student sees; from outside it is reached through the process.
private struct SmallDisk {
    private let folder: String
    private static let bytes = 24 << 20

    /// `unshare` makes the namespace; without being root one of users as well.
    private static var unshare: [String] { geteuid() == 0 ? ["-m"] : ["-rm"] }

    static let isPossible: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        process.arguments = unshare + ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    init(_ stage: StudentStage) throws {
        folder = stage.dataFolder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func student(_ stage: StudentStage) async throws -> ChildProcess {
        let script = "mount -t tmpfs -o size=\(Self.bytes) tmpfs \"$1\" && shift && exec \"$@\""
        let program = try ChildProcess.path(of: "studentd")
        return try await stage.student(program: "/usr/bin/unshare", before: Self.unshare + ["sh", "-c", script, "sh", folder, program])
    }

    private func ballast(_ student: ChildProcess) -> String { "/proc/\(student.pid)/root\(folder)/ballast" }

    /// Takes all room but so much.
    func fill(_ student: ChildProcess, leaving left: Int) async throws {
        let path = ballast(student)
        // The store brings what it has logged to its file for a while yet, which takes room.
        var free = try room(path)
        try await eventually("the room stays as it is") {
            let before = free
            try await Task.sleep(for: .milliseconds(700))
            free = try room(path)
            return free == before
        }
        try Data(count: max(0, free - left)).write(to: URL(fileURLWithPath: path))
    }

    private func room(_ path: String) throws -> Int {
        var figures = statvfs()
        guard statvfs(path.replacing("/ballast", with: ""), &figures) == 0 else { throw Missing(description: "the file system's figures") }
        return Int(figures.f_bavail) * Int(figures.f_frsize)
    }

    func empty(_ student: ChildProcess) throws { try FileManager.default.removeItem(atPath: ballast(student)) }
}
