import ChildProcesses
import DaemonStage
import Foundation
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2)))
struct ConcurrencyTests {
    @Test("Imports, a distillation, events, reads, checks and backups at once: each call succeeds")
    func everything() async throws {
        try await StudentStage.with { stage in
            _ = try await stage.student()
            _ = try stage.broker()
            _ = try stage.worker(delayMs: 1, "w")
            let client = try stage.studentClient()
            let catalog = CatalogClient(client), jobs = JobsClient(client), storage = StorageClient(client)
            _ = try await catalog.send(shop(users: 100, items: 12))
            let job = try await jobs.startDistillation(StartDistillationRequest())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for importer in 0..<4 {
                    group.addTask {
                        for round in 0..<5 {
                            let reviews = (0..<500).map {
                                Review(userID: "w\(importer)", itemID: "i\($0)", text: "t", timestampMs: Int64(round))
                            }
                            let summary = try await catalog.send(reviews)
                            #expect(summary.reviews == 500 && summary.rejectedCount == 0)
                        }
                    }
                    group.addTask {
                        for event in 0..<100 {
                            _ = try await catalog.recordInteraction(
                                Interaction(userID: "e\(importer)", itemID: "i\(event)", timestampMs: Int64(event + 1)))
                        }
                    }
                    group.addTask {
                        for _ in 0..<30 {
                            _ = try await catalog.statistics()
                            try await catalog.listRationales(ListRationalesRequest(subject: .itemID("i3"))) { for try await _ in $0 {} }
                        }
                    }
                }
                group.addTask { for _ in 0..<5 { _ = try await catalog.makeSplit(SplitPolicy()) } }
                group.addTask {
                    for _ in 0..<5 {
                        let report = try await storage.checkStore(CheckStoreRequest())
                        #expect(report.faults.isEmpty)
                    }
                }
                group.addTask {
                    for _ in 0..<3 { try await storage.backUpStore(BackUpStoreRequest()) { for try await _ in $0 {} } }
                }
                try await group.waitForAll()
            }
            try await eventually("the job ends", within: .seconds(60)) {
                try await jobs.getJob(GetJobRequest(jobID: job.jobID)).state == .succeeded
            }
            let figures = try await catalog.statistics(), end = try await jobs.getJob(GetJobRequest(jobID: job.jobID))
            #expect([figures.interactions, figures.reviews] == [1_200 + 10_000 + 400, 11_200])
            // How many of the imports were there when the job made its split is chance.
            #expect(end.done >= 1_000 && end.done == end.total && end.failed == 0 && figures.rationales == end.done, "\(end)")
        }
    }
}
