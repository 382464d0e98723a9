import ChildProcesses
import Foundation
import Locks
import ModelFiles
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

    /// Notes what it finds of a caller.
    private struct Witness: JobWork {
        @TaskLocal static var caller: String?
        let seen = Locked<[String?]>([])

        func check(_ request: [UInt8]) throws {}
        func run(_ job: JobRecord, _ report: JobReport) async throws {
            seen.withLock { $0.append(Self.caller) }
            await report.note("at work")
            report.conclude("seen")
        }
    }

    @Test func `A job has nothing of the call that starts it, such as its deadline`() async throws {
        try await withStore { store, _ in
            let work = Witness()
            try await withRunner(store, works: [.training: work]) { runner in
                let job = try await Witness.$caller.withValue("a call") { try await runner.start(.training, request: []) }
                _ = try await runner.end(of: job.number)
                #expect(work.seen.withLock { $0 } == [nil])
            }
        }
    }

    @Test func `What a work concludes with is the job's last word, and what no job is called is told by that name`() async throws {
        try await withStore { store, _ in
            try await withRunner(store, works: [.training: Witness()]) { runner in
                let job = try await runner.start(.training, request: [])
                #expect(try await runner.end(of: job.number).message == "seen")
                #expect(try await store.job(job.number).message == "seen")
                for unknown in ["evaluation-\(job.number.rawValue)", "training-9"] {
                    let error = await #expect(throws: RPCError.self) { _ = try await runner.job(publicID: unknown) }
                    #expect(error?.code == .notFound && error?.message.contains(unknown) == true)
                }
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

    /// As the store, checkpoints and reports tell it.
    private static let full: [any Error] = [
        StoreError(.full, "no room is left"), ModelFileError(file: "f", "cannot write it", isFull: true), CocoaError(.fileWriteOutOfSpace),
    ]

    @Test("A job that finds no room on the disk waits for it, whoever finds out", arguments: full.indices)
    func noRoom(_ index: Int) async throws {
        try await withStore { store, _ in
            let work = HeldWork(isOpen: true, failure: Self.full[index])
            try await withRunner(store, works: [.distillation: work]) { runner in
                let job = try await runner.start(.distillation, request: [])
                #expect(try await runner.end(of: job.number).phase == .succeeded)
                #expect(work.begun.withLock { $0 } == [job.number, job.number])
            }
        }
    }

    @Test("Room that is missing when a job begins is waited for, and the job says so")
    func noRoomAtBegin() async throws {
        try await withStore { store, _ in
            let refusals = Locked(1), full = StoreError(.full, "no room is left")
            var hooked = HookedStore(store: store)
            hooked.beforeUpdate = { (change) async throws(StoreError) in
                guard change.phase == .running else { return }
                if refusals.withLock({ count in
                    defer { count -= 1 }
                    return count > 0
                }) {
                    throw full
                }
            }
            try await withRunner(hooked, works: [.distillation: HeldWork(isOpen: true)]) { runner in
                let job = try await runner.start(.distillation, request: [])
                try await eventually("the job says why it waits") { try await runner.job(job.number).message == full.message }
                #expect(try await runner.end(of: job.number).phase == .succeeded)
            }
        }
    }

    @Test("A job that ends while somebody begins to watch it is seen to end")
    func endsMeanwhile() async throws {
        try await withStore { store, _ in
            let work = HeldWork(), isWatched = Locked(false)
            var hooked = HookedStore(store: store)
            hooked.behindJob = { (job) async throws(StoreError) in
                // The watcher asks for the second, which nothing is known of while the first runs.
                guard job.number.rawValue == 2, job.phase == .queued, isWatched.withLock({ $0 }) else { return }
                isWatched.withLock { $0 = false }
                work.isOpen.withLock { $0 = true }
                while (try await store.job(job.number)).phase != .succeeded { try? await Task.sleep(for: .milliseconds(2)) }
                try? await Task.sleep(for: .milliseconds(50))
            }
            try await withRunner(hooked, works: [.distillation: work]) { runner in
                _ = try await runner.start(.distillation, request: [])
                let second = try await runner.start(.distillation, request: [])
                isWatched.withLock { $0 = true }
                #expect(try await runner.end(of: second.number).phase == .succeeded)
            }
        }
    }

    @Test("A job whose end cannot be stored leaves nobody waiting")
    func lostEnd() async throws {
        try await withStore { store, _ in
            let work = HeldWork()
            var hooked = HookedStore(store: store)
            hooked.beforeUpdate = { (change) async throws(StoreError) in
                if change.phase == .succeeded { throw StoreError(.corrupt, "damaged") }
            }
            try await withRunner(hooked, works: [.distillation: work]) { runner in
                let job = try await runner.start(.distillation, request: [])
                let states = try await runner.watch(job.number)
                work.isOpen.withLock { $0 = true }
                for await state in states { #expect(!state.phase.isFinished) }
            }
        }
    }

    @Test("A job that comes while the unfinished ones are read runs once")
    func comesMeanwhile() async throws {
        try await withStore { store, _ in
            let work = HeldWork(), isRead = Locked(false)
            var hooked = HookedStore(store: store)
            hooked.behindUnfinished = { while !isRead.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(2)) } }
            // The daemon before has left one, so that the other is certainly among those read.
            let left = try await store.addJob(kind: .distillation, request: [])
            try await withRunner(hooked, works: [.distillation: work]) { runner in
                let more = try await runner.start(.distillation, request: [])
                isRead.withLock { $0 = true }
                work.isOpen.withLock { $0 = true }
                for job in [left, more] { #expect(try await runner.end(of: job.number).phase == .succeeded) }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(work.begun.withLock { $0.count } == 2)
        }
    }

    @Test("A job is called by its kind and its number, exactly")
    func publicID() async throws {
        try await withStore { store, _ in
            try await withRunner(store, works: [.distillation: HeldWork()]) { runner in
                let job = try await runner.start(.distillation, request: [])
                #expect(try await runner.job(publicID: "distillation-1").number == job.number)
                for id in [
                    "training-1", "distillation-+1", "distillation-01", "distillation--1", "x-distillation-1", "1", "", "distillation-2",
                ] {
                    do {
                        _ = try await runner.job(publicID: id)
                        Issue.record("\(id) is found")
                    } catch let error as RPCError { #expect(error.code == .notFound) } catch let error as StoreError {
                        #expect(error.code == .notFound)
                    }
                }
            }
        }
    }

    @Test("So many jobs may wait and no more; a failure's reason is cut where it is long")
    func bounds() async throws {
        try await withStore { store, _ in
            let work = HeldWork(failure: JobFailure(String(repeating: "é", count: 10_000)))
            try await withRunner(store, works: [.distillation: work]) { runner in
                let first = try await runner.start(.distillation, request: [])
                for _ in 1..<JobRunner.mostUnfinished { _ = try await runner.start(.distillation, request: []) }
                let error = await #expect(throws: RPCError.self) { _ = try await runner.start(.distillation, request: []) }
                #expect(error?.code == .resourceExhausted && error?.retryAfter != nil)
                work.isOpen.withLock { $0 = true }
                let message = try await runner.end(of: first.number).message
                #expect(message.utf8.count <= 1_024 && message.utf8.count > 1_000 && message.hasSuffix("é…"))
                _ = try await runner.start(.distillation, request: [])
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
