import ChildProcesses
import DaemonStage
import Foundation
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2)))
struct ShutdownTests {
    @Test("SIGTERM in the midst of a job: it ends in good order, and the next process goes on with the job")
    func terminate() async throws {
        try await StudentStage.with { stage in
            let first = try await stage.student()
            _ = try stage.broker()
            _ = try stage.worker(delayMs: 10, "w")
            let catalog = CatalogClient(try stage.studentClient()), jobs = JobsClient(try stage.studentClient())
            let patient = CallOptions(timeout: .seconds(20), waitForReady: true)
            #expect(try await catalog.send(shop(users: 20, items: 12)).reviews == 240)
            let job = try await jobs.startDistillation(StartDistillationRequest())
            try await eventually("a part is done") { try await jobs.getJob(GetJobRequest(jobID: job.jobID)).done > 10 }
            // A watcher must not hold the end up.
            async let watched = watch(jobs, job.jobID)
            try await Task.sleep(for: .milliseconds(50))
            first.signal(SIGTERM)
            #expect(try await first.ended() == .exited(0), "\(first.errors)")
            #expect(await watched == .unavailable)
            _ = try await stage.student()
            try await eventually("the job ends") {
                try await jobs.getJob(GetJobRequest(jobID: job.jobID), options: patient).state == .succeeded
            }
            #expect(try await catalog.statistics().rationales == 200)
        }
    }

    private func watch(_ jobs: JobsClient, _ id: String) async -> StatusCode? {
        do {
            try await jobs.watchJob(GetJobRequest(jobID: id), options: CallOptions(retries: false)) { for try await _ in $0 {} }
            return .ok
        } catch {
            return (error as? RPCError)?.code
        }
    }

    @Test("A second studentd on the same data says who has it, and does not touch it")
    func secondDaemon() async throws {
        try await StudentStage.with { stage in
            _ = try await stage.student()
            let second = try stage.start(
                "studentd",
                ["--endpoint", "ipc://\(stage.folder)/other.ipc", "--data", stage.dataFolder, "--http-port", "off", "--teacher", "none"])
            #expect(try await second.ended() == .exited(1))
            #expect(second.errors.contains("is in use by another studentd"), "\(second.errors)")
            #expect(try await CatalogClient(stage.studentClient()).statistics().users == 0)
        }
    }

    @Test("A backup is sent whole, with its digest, and holds what there was")
    func backup() async throws {
        try await StudentStage.with { stage in
            // What a process left that was killed in the midst of a backup.
            try FileManager.default.createDirectory(atPath: stage.dataFolder, withIntermediateDirectories: true)
            try Data([1]).write(to: URL(fileURLWithPath: stage.dataFolder + "/backup-0.partial"))
            _ = try await stage.student()
            _ = try await CatalogClient(stage.studentClient()).send(shop(users: 200, items: 12))
            let bytes = try await StorageClient(stage.studentClient()).backUpStore(BackUpStoreRequest()) { chunks in
                var bytes: [UInt8] = [], digest = "", total: UInt64 = 0
                for try await chunk in chunks {
                    #expect(chunk.offset == UInt64(bytes.count) && digest.isEmpty)
                    bytes += chunk.content
                    digest = chunk.sha256
                    total = chunk.totalBytes
                }
                #expect(total == UInt64(bytes.count) && digest.count == 64)
                return bytes
            }
            let folder = stage.folder + "/restored"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/store.sqlite"))
            let endpoint = "ipc://\(stage.folder)/restored.ipc"
            let restored = try stage.start(
                "studentd", ["--endpoint", endpoint, "--data", folder, "--http-port", "off", "--teacher", "none"])
            try await eventually("it is ready; \(restored.errors)") { restored.isReady }
            #expect(try await CatalogClient(stage.client(endpoint)).statistics().reviews == 2_400)
            // Nothing of the backup stays behind.
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.dataFolder).filter { $0.contains("backup") }.isEmpty)
        }
    }
}
