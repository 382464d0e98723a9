import ChildProcesses
import DaemonStage
import Foundation
import Locks
import RPC
import Testing
import Transport
import Wire

/// kill -9 at random moments: what was acknowledged is there, nothing is there twice, and what was to be done is done in the end.
@Suite(.timeLimit(.minutes(5)))
struct KillTests {
    @Test("The student killed at 20 random moments of an import, the student, the broker and workers at 30 of a distillation")
    func kills() async throws {
        try await StudentStage.with { stage in
            // 6,000 training reviews, of which a third is distilled, and two held back of each user.
            let reviews = shop(users: 300, items: 22)
            let students = Locked([try await stage.student()])
            try await importing(reviews, kills: 20, stage, students)
            let catalog = CatalogClient(try stage.studentClient())
            let imported = try await catalog.statistics()
            #expect([imported.users, imported.interactions, imported.reviews] == [300, 6_600, 6_600])

            let jobID = try await distilling(kills: 30, stage, students)
            let jobs = JobsClient(try stage.studentClient())
            let patient = CallOptions(timeout: .seconds(20), waitForReady: true)
            try await eventually("the job ends", within: .seconds(120)) {
                try await jobs.getJob(GetJobRequest(jobID: jobID), options: patient).state == .succeeded
            }
            let job = try await jobs.getJob(GetJobRequest(jobID: jobID), options: patient)
            #expect([job.done, job.total, job.failed] == [2_000, 2_000, 0], "\(job)")
            let distilled = try await catalog.statistics()
            #expect([distilled.rationales, distilled.rationalesPending, distilled.rationalesFailed] == [2_000, 4_000, 0])
            // Each review has one, and it is that of its own text.
            let listed = Locked<[String]>([])
            for user in 0..<300 {
                let request = ListRationalesRequest(subject: .userID("u\(user)"))
                try await catalog.listRationales(request, options: patient) { responses in
                    for try await stored in responses { listed.withLock { $0.append(stored.rationale?.reviewID ?? "") } }
                }
            }
            let ids = listed.withLock { $0 }
            #expect(ids.count == 2_000 && Set(ids).count == 2_000)
            #expect(Set(ids).isSubset(of: Set(reviews.map(\.effectiveID))))
            let report = try await StorageClient(stage.studentClient()).checkStore(CheckStoreRequest(), options: patient)
            #expect(report.faults.isEmpty, "\(report.faults)")
        }
    }

    /// Sends reviews call by call, as an importer does, while the student is killed and started again. What a call acknowledged must be
    /// there at once after each start.
    private func importing(
        _ reviews: [Review], kills: Int, _ stage: StudentStage, _ students: Locked<[ChildProcess]>
    ) async throws {
        let acknowledged = Locked(0), killed = Locked(0)
        // Enough records for the store's way with many at once.
        let perCall = reviews.count / kills
        #expect(perCall >= 300)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let catalog = CatalogClient(try stage.studentClient())
                while acknowledged.withLock({ $0 }) < reviews.count {
                    let begin = acknowledged.withLock { $0 }
                    // The kills are to fall into the import, not behind it: a call of its own for each.
                    while killed.withLock({ $0 }) < begin / perCall { try await Task.sleep(for: .milliseconds(1)) }
                    do {
                        _ = try await catalog.send(
                            reviews[begin..<min(reviews.count, begin + perCall)],
                            options: CallOptions(timeout: .seconds(10), waitForReady: true, retries: false))
                        acknowledged.withLock { $0 = min(reviews.count, begin + perCall) }
                    } catch let error as RPCError where [.unavailable, .deadlineExceeded].contains(error.code) {}
                }
            }
            group.addTask {
                for _ in 0..<kills {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...120)))
                    try await Self.restartStudent(stage, students)
                    killed.withLock { $0 += 1 }
                    let before = acknowledged.withLock { $0 }
                    let there = try await CatalogClient(stage.studentClient()).statistics().reviews
                    #expect(there >= UInt64(before), "\(before) were acknowledged")
                }
            }
            try await group.waitForAll()
        }
        #expect(killed.withLock { $0 } == kills)
        #expect(students.withLock { $0.count } == 1 + kills)
    }

    private static func restartStudent(_ stage: StudentStage, _ students: Locked<[ChildProcess]>) async throws {
        let old = try found(students.withLock { $0.last }, "a student")
        old.signal(SIGKILL)
        _ = try await old.ended()
        let new = try await stage.student()
        students.withLock { $0.append(new) }
    }

    /// - Returns: the job, which may not have ended.
    private func distilling(kills: Int, _ stage: StudentStage, _ students: Locked<[ChildProcess]>) async throws -> String {
        var broker = try stage.broker()
        var workers = [try stage.worker(delayMs: 15, "w0"), try stage.worker(delayMs: 15, "w1")]
        let jobs = JobsClient(try stage.studentClient())
        let patient = CallOptions(timeout: .seconds(20), waitForReady: true)
        let job = try await jobs.startDistillation(StartDistillationRequest(limit: 2_000), options: patient)
        for kill in 0..<kills {
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...150)))
            switch kill % 3 {
            case 0: try await Self.restartStudent(stage, students)
            case 1:
                broker.signal(SIGKILL)
                _ = try await broker.ended()
                broker = try stage.broker()
            default:
                let index = Int.random(in: 0...1)
                workers[index].signal(SIGKILL)
                _ = try await workers[index].ended()
                workers[index] = try stage.worker(delayMs: 15, "w\(kill)")
            }
        }
        return job.jobID
    }
}
