import ChildProcesses
import DaemonStage
import Glibc
import RPC
import Testing
import Transport
import Wire

/// SIGTERM: what was accepted is finished, and the process goes in time.
@Suite(.timeLimit(.minutes(2)))
struct ShutdownTests {
    @Test("A teacher that is told to end finishes the calls that it has")
    func teacherDrains() async throws {
        try await TeacherStage.with { stage in
            let teacher = try await stage.teacher("--model", "delay-ms=300", "--slots", "8", "--cache-memory", "0")
            try await eventually("the worker is there") { teacher.isReady }
            let client = TeacherClient(try stage.client())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let outcome = try Outcome(await client.generateRationale(request(number)))
                        #expect(outcome.status == .ok)
                    }
                }
                // Half of them run and half of them wait, if this test has its turn soon.
                try await eventually("all have come") {
                    let load = try await client.getLoad(GetLoadRequest())
                    return Int(load.running + load.queued) + load.workers.reduce(0) { $0 + Int($1.finished) } == 16
                }
                teacher.signal(SIGTERM)
                try await group.waitForAll()
            }
            #expect(try await teacher.ended() == .exited(0))
        }
    }

    @Test("A stream at a teacher that is told to end has answers to what arrived, and then UNAVAILABLE")
    func streamEnds() async throws {
        try await TeacherStage.with { stage in
            let teacher = try await stage.teacher("--model", "delay-ms=5", "--slots", "4")
            try await eventually("the worker is there") { teacher.isReady }
            let error = try await failure {
                // More than the teacher could write within its budget.
                try await TeacherClient(stage.client()).outcomes((0..<100_000).map { request($0) }) { outcome in
                    #expect(outcome.status == .ok)
                    if outcome.reviewID == "r100" { teacher.signal(SIGTERM) }
                }
            }
            #expect(error.code == .unavailable)
            #expect(try await teacher.ended(within: .seconds(15)) == .exited(0))
        }
    }

    @Test("A teacher ends within its budget, whatever is still open")
    func budget() async throws {
        try await TeacherStage.with { stage in
            let teacher = try await stage.teacher("--model", "delay-ms=60000", "--drain-seconds", "0.5")
            let client = TeacherClient(try stage.client())
            // Its worker is never ready: the call waits.
            let call = Task { try await client.generateRationale(request(1), options: CallOptions(retries: false)) }
            try await eventually("it waits") { try await client.getLoad(GetLoadRequest()).queued == 1 }
            teacher.signal(SIGTERM)
            #expect(try await failure { try await call.value }.code == .unavailable)
            #expect(try await teacher.ended(within: .seconds(15)) == .exited(0))
        }
    }

    @Test("A worker that is told to end finishes what it has; nothing is given out again")
    func workerDrains() async throws {
        try await TeacherStage.with { stage in
            let broker = try await stage.teacher("--workers", "0", "--http-port", "0")
            let workers = try (0..<2).map { try stage.worker("--model", "delay-ms=20", "--slots", "4", "--worker-id", "w\($0)") }
            try await eventually("the workers have come") { workers.allSatisfy { $0.isReady } }
            let outcomes = try await TeacherClient(stage.client()).outcomes((0..<100).map { request($0) }) { outcome in
                if outcome.reviewID == "r20" { workers[0].signal(SIGTERM) }
            }
            #expect(outcomes.count == 100 && outcomes.allSatisfy { $0.status == .ok })
            #expect(try await workers[0].ended() == .exited(0))
            let metrics = try await broker.http("/metrics").text
            #expect(metrics.contains("\nrdrec_teacher_lost_workers_total 0\n"))
            #expect(metrics.contains("\nrdrec_teacher_repeated_assignments_total 0\n"))
        }
    }
}
