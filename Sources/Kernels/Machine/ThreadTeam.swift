internal import CKernels
internal import Glibc

/// One tile of a job is one call of `run`. Jobs are structures of pointers and numbers, so that starting one allocates nothing.
package protocol TileJob {
    /// Does tile number `tile`. `worker` is below the team's size, and no two tiles that run at the same time share it: it may index
    /// scratch memory. Runs on any thread of the team.
    func run(tile: Int, worker: Int)
}

/// Threads that share out the tiles of one job at a time: the caller and `size - 1` others, which spin for a moment after a job, since
/// the next one of a model's step follows within microseconds, and then sleep.
///
/// A team has one job at a time: callers on other threads wait. Whatever must not wait for each other (serving and training) has a team
/// each. No result depends on the team's size.
package final class ThreadTeam: @unchecked Sendable {
    // The handle is made and freed here; ck_team_run locks.
    private let handle: OpaquePointer
    /// The number of threads, the caller's included.
    package let size: Int

    /// - Parameters:
    ///   - threads: 1 to 256, the caller's included.
    ///   - spinning: How long a thread without work looks for some before it sleeps.
    ///   - processors: One processor number a thread to pin them to, the first of which is not used: the caller's thread is its own
    ///     affair. Not pinned when nil.
    package init(threads: Int, spinning: Duration = .microseconds(50), processors: [Int32]? = nil) throws(KernelsError) {
        guard (1...256).contains(threads) else { throw KernelsError("a thread team has 1 to 256 threads, not \(threads)") }
        if let processors, processors.count != threads {
            throw KernelsError("\(threads) threads to pin and \(processors.count) processors to pin them to")
        }
        let microseconds = spinning.components.seconds * 1_000_000 + spinning.components.attoseconds / 1_000_000_000_000
        guard let handle = ck_team_create(threads, UInt32(clamping: microseconds), processors) else {
            throw KernelsError("cannot start a team of \(threads) threads: \(String(cString: strerror(errno)))")
        }
        self.handle = handle
        size = threads
    }

    deinit { ck_team_destroy(handle) }

    /// Processors that this process may run on, at most as many as a team has threads.
    package static var processorCount: Int { min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 256) }

    /// Runs the tiles `0..<tiles` of the job and returns when all are done. Within a tile, of this team or another, the tiles run on the
    /// calling thread.
    package func run<Job: TileJob>(_ tiles: Int, _ job: Job) {
        withUnsafePointer(to: job) { job in
            // An existential metatype takes two words and no box, and leads the C callback back to the job's type.
            var call = Call(job: job, type: Job.self)
            withUnsafeMutablePointer(to: &call) { call in
                ck_team_run(handle, max(tiles, 0), { Call.run($0, $1, $2) }, call)
            }
        }
    }

    private struct Call {
        let job: UnsafeRawPointer
        let type: any TileJob.Type

        static func run(_ context: UnsafeMutableRawPointer?, _ tile: Int, _ worker: Int) {
            guard let call = context?.assumingMemoryBound(to: Call.self) else { return }
            call.pointee.type.run(job: call.pointee.job, tile: tile, worker: worker)
        }
    }
}

extension TileJob {
    fileprivate static func run(job: UnsafeRawPointer, tile: Int, worker: Int) {
        job.assumingMemoryBound(to: Self.self).pointee.run(tile: tile, worker: worker)
    }
}
