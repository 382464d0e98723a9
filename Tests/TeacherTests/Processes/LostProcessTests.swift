import ChildProcesses
import DaemonStage
import Glibc
import RPC
import Synchronization
import Testing
import Transport
import Wire

/// Processes that die: no outcome is lost or comes twice.
@Suite(.timeLimit(.minutes(3)))
struct LostProcessTests {
    @Test("1,000 reviews, one of two workers killed half way: 1,000 outcomes, none lost or doubled")
    func workerKilled() async throws {
        try await TeacherStage.with { stage in
            let broker = try await stage.teacher("--workers", "0", "--cache-memory", "0", "--http-port", "0")
            let workers = try (0..<2).map { try stage.worker("--model", "delay-ms=30", "--slots", "8", "--worker-id", "w\($0)") }
            try await eventually("the workers have come") { workers.allSatisfy { $0.isReady } }
            let teacher = TeacherClient(try stage.client())
            async let all = teacher.outcomes((0..<1_000).map { request($0) })
            // By the broker's count: what the client has seen may be far behind it, and nothing in the worker's hands any more.
            try await eventually("a part is done, and the rest is not") {
                try await teacher.getLoad(GetLoadRequest()).workers.reduce(0) { $0 + $1.finished } >= 200
            }
            workers[0].signal(SIGKILL)
            let outcomes = try await all
            #expect(outcomes.count == 1_000)
            #expect(Set(outcomes.map(\.reviewID)).count == 1_000)
            #expect(outcomes.allSatisfy { $0.status == .ok })
            let metrics = try await broker.http("/metrics").text
            #expect(metrics.contains("\nrdrec_teacher_lost_workers_total 1\n"))
        }
    }

    @Test("1,000 reviews, the broker killed half way and started again: the client's retry completes them")
    func brokerKilled() async throws {
        try await TeacherStage.with { stage in
            let first = try await stage.teacher("--workers", "0")
            let workers = try (0..<2).map { try stage.worker("--model", "delay-ms=2", "--slots", "8", "--worker-id", "w\($0)") }
            try await eventually("the workers have come") { workers.allSatisfy { $0.isReady } }
            let teacher = TeacherClient(try stage.client())
            let seen = Mutex<[Outcome]>([])
            var attempts = 0
            while seen.withLock({ $0.count }) < 1_000 {
                attempts += 1
                let known = Set(seen.withLock { $0.map(\.reviewID) })
                let rest = (0..<1_000).map { request($0) }.filter { !known.contains($0.review?.reviewID ?? "") }
                do {
                    _ = try await teacher.outcomes(rest, options: CallOptions(waitForReady: true)) { outcome in
                        let count = seen.withLock {
                            $0.append(outcome)
                            return $0.count
                        }
                        if count == 500 { first.signal(SIGKILL) }
                    }
                } catch let error as RPCError where error.code == .unavailable && attempts < 10 {
                    guard attempts == 1 else { continue }
                    #expect(try await first.ended() == .signalled(SIGKILL))
                    _ = try await stage.teacher("--workers", "0")
                }
            }
            let outcomes = seen.withLock { $0 }
            #expect(outcomes.count == 1_000 && Set(outcomes.map(\.reviewID)).count == 1_000)
            #expect(outcomes.allSatisfy { $0.status == .ok })
            #expect(attempts > 1 && workers.allSatisfy { $0.isAlive })
        }
    }

    @Test("A single request outlives the broker that it was sent to")
    func retried() async throws {
        try await TeacherStage.with { stage in
            let first = try await stage.teacher("--model", "delay-ms=1000")
            try await eventually("the worker is there") { first.isReady }
            let teacher = TeacherClient(try stage.client { $0.retry.maxAttempts = 10 })
            async let answer = teacher.generateRationale(request(1), options: CallOptions(timeout: .seconds(60), waitForReady: true))
            try await eventually("it is in work, or was") {
                let load = try await teacher.getLoad(GetLoadRequest())
                return load.running == 1 || load.workers.contains { $0.finished == 1 }
            }
            first.signal(SIGKILL)
            _ = try await first.ended()
            _ = try await stage.teacher()
            #expect(try Outcome(await answer).status == .ok)
        }
    }

    @Test("A worker that stands still loses its work to the other")
    func workerStopped() async throws {
        try await TeacherStage.with { stage in
            _ = try await stage.teacher("--workers", "0")
            let workers = try (0..<2).map { try stage.worker("--model", "delay-ms=20", "--slots", "4", "--worker-id", "w\($0)") }
            try await eventually("the workers have come") { workers.allSatisfy { $0.isReady } }
            let seen = Atomic<Int>(0)
            let outcomes = try await TeacherClient(stage.client()).outcomes((0..<60).map { request($0) }) { _ in
                if seen.add(1, ordering: .relaxed).newValue == 10 { workers[0].signal(SIGSTOP) }
            }
            #expect(outcomes.count == 60 && Set(outcomes.map(\.reviewID)).count == 60)
            #expect(outcomes.allSatisfy { $0.status == .ok })
            workers[0].signal(SIGCONT)
            let teacher = TeacherClient(try stage.client())
            try await eventually("it comes back") { try await teacher.getLoad(GetLoadRequest()).workers.count == 2 }
        }
    }
}
