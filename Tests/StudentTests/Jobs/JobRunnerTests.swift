import ChildProcesses
import Locks
import RPC
import Store
import Student
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2)))
struct JobRunnerTests {
    /// Does nothing until it is let, and notes what has begun.
    private final class HeldWork: JobWork {
        let begun = Locked<[JobNumber]>([])
        let isOpen: Locked<Bool>
        let failure: Locked<(any Error)?>

        init(isOpen: Bool = false, failure: (any Error)? = nil) {
            self.isOpen = Locked(isOpen)
            self.failure = Locked(failure)
        }

        func check(_ request: [UInt8]) throws {
            guard request != [0] else { throw RPCError(.invalidArgument, "not that") }
        }

        func run(_ job: JobRecord, _ report: JobReport) async throws {
            begun.withLock { $0.append(job.number) }
            await report.note("held")
            while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
            if let error = failure.withLock({ error in
                defer { error = nil }
                return error
            }) {
                throw error
            }
        }
    }

    @Test("Of a kind one at a time, in order; kinds beside each other")
    func order() async throws {
        try await withStore { store, _ in
            let distillation = HeldWork(), training = HeldWork()
            try await withRunner(store, works: [.distillation: distillation, .training: training]) { runner in
                let first = try await runner.start(.distillation, request: [1])
                let second = try await runner.start(.distillation, request: [2])
                let other = try await runner.start(.training, request: [])
                try await eventually("both kinds run") {
                    distillation.begun.withLock { $0.count } == 1 && training.begun.withLock { $0.count } == 1
                }
                #expect(try await runner.job(second.number).phase == .queued)
                distillation.isOpen.withLock { $0 = true }
                #expect(try await runner.end(of: second.number).phase == .succeeded)
                #expect(distillation.begun.withLock { $0 } == [first.number, second.number])
                #expect(try await runner.job(other.number).message == "held")
                training.isOpen.withLock { $0 = true }
                #expect(try await runner.end(of: other.number).phase == .succeeded)
            }
        }
    }

    @Test("A job is cancelled before it runs and while it does, and the next has its turn")
    func cancelling() async throws {
        try await withStore { store, _ in
            let work = HeldWork()
            try await withRunner(store, works: [.distillation: work]) { runner in
                let jobs = [try await runner.start(.distillation, request: []), try await runner.start(.distillation, request: [])]
                let third = try await runner.start(.distillation, request: [])
                try await eventually("the first runs") { work.begun.withLock { !$0.isEmpty } }
                for job in jobs.reversed() { #expect(try await runner.cancel(job.number).phase == .cancelled) }
                try await eventually("the third runs") { work.begun.withLock { $0 } == [jobs[0].number, third.number] }
                work.isOpen.withLock { $0 = true }
                #expect(try await runner.end(of: third.number).phase == .succeeded)
                #expect(try await runner.cancel(third.number).phase == .succeeded)
            }
        }
    }

    @Test("Who watches sees each end, and what had ended before")
    func watching() async throws {
        try await withStore { store, _ in
            let work = HeldWork(isOpen: true, failure: JobFailure("on purpose"))
            try await withRunner(store, works: [.distillation: work]) { runner in
                let job = try await runner.start(.distillation, request: [])
                let end = try await runner.end(of: job.number)
                #expect(end.phase == .failed && end.message == "on purpose" && end.finishedAt >= end.startedAt)
                #expect(try await runner.end(of: job.number) == end)
                await #expect(throws: StoreError.self) { _ = try await runner.watch(JobNumber(rawValue: 77)) }
            }
        }
    }

    @Test("A runner that stops leaves its jobs for the next; one that was to be cancelled is")
    func restart() async throws {
        try await withStore { store, _ in
            let held = HeldWork()
            let (first, second) = try await withRunner(store, works: [.distillation: held]) { runner in
                let jobs = (try await runner.start(.distillation, request: []), try await runner.start(.distillation, request: []))
                try await eventually("the first runs") { held.begun.withLock { !$0.isEmpty } }
                return jobs
            }
            #expect(try await store.job(first.number).phase == .running)
            _ = try await store.update(first.number, JobChange(requestsCancel: true))
            let open = HeldWork(isOpen: true)
            try await withRunner(store, works: [.distillation: open]) { runner in
                let phases = (try await runner.end(of: second.number).phase, try await runner.job(first.number).phase)
                #expect(phases == (.succeeded, .cancelled))
            }
            #expect(open.begun.withLock { $0 } == [second.number])
        }
    }

    @Test("A job that finds no room on the disk waits for it")
    func noRoom() async throws {
        try await withStore { store, _ in
            let work = HeldWork(isOpen: true, failure: StoreError(.full, "no room is left"))
            try await withRunner(store, works: [.distillation: work]) { runner in
                let job = try await runner.start(.distillation, request: [])
                #expect(try await runner.end(of: job.number).phase == .succeeded)
                #expect(work.begun.withLock { $0 } == [job.number, job.number])
            }
        }
    }

    @Test("What a kind refuses becomes no job, nor does a kind that is not there")
    func refusals() async throws {
        try await withStore { store, _ in
            try await withRunner(store, works: [.distillation: HeldWork(isOpen: true)]) { runner in
                for (kind, request, code) in [
                    (JobKind.distillation, [0], StatusCode.invalidArgument), (.evaluation, [], .unimplemented),
                ] as [(JobKind, [UInt8], StatusCode)] {
                    let error = await #expect(throws: RPCError.self) { _ = try await runner.start(kind, request: request) }
                    #expect(error?.code == code)
                }
            }
            #expect(try await store.jobs(limit: 10).isEmpty)
        }
    }
}
