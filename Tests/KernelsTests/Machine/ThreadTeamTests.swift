import Glibc
import Kernels
import Synchronization
import Testing

@Suite struct ThreadTeamTests {
    /// Adds one to a counter a tile, and notes whether two tiles of one worker overlap.
    struct Counting: TileJob {
        let counters: UnsafeMutablePointer<Int>
        let busy: UnsafeMutablePointer<Bool>
        let overlaps: Witness

        func run(tile: Int, worker: Int) {
            if busy[worker] { overlaps.note() }
            busy[worker] = true
            counters[tile] += 1
            busy[worker] = false
        }
    }

    /// Counts what a test does not want to see, or wants to.
    final class Witness: Sendable {
        private let count = Atomic(0)
        var times: Int { count.load(ordering: .relaxed) }
        func note() { count.add(1, ordering: .relaxed) }
        /// How many are inside already.
        func enter() -> Int { count.add(1, ordering: .sequentiallyConsistent).oldValue }
        func leave() { count.subtract(1, ordering: .sequentiallyConsistent) }
    }

    @Test("Every tile runs once, and a worker runs one at a time", arguments: [1, 2, 3, 8], [0, 1, 2, 7, 1000])
    func everyTileOnce(_ threads: Int, _ tiles: Int) throws {
        for spinning in [Duration.zero, .microseconds(50)] {
            let team = try ThreadTeam(threads: threads, spinning: spinning)
            let counters = UnsafeMutablePointer<Int>.allocate(capacity: tiles + 1)
            let busy = UnsafeMutablePointer<Bool>.allocate(capacity: threads)
            defer {
                counters.deallocate()
                busy.deallocate()
            }
            counters.initialize(repeating: 0, count: tiles + 1)
            busy.initialize(repeating: false, count: threads)
            let overlaps = Witness()
            for _ in 0..<50 { team.run(tiles, Counting(counters: counters, busy: busy, overlaps: overlaps)) }
            #expect((0..<tiles).allSatisfy { counters[$0] == 50 })
            #expect(counters[tiles] == 0)
            #expect(overlaps.times == 0)
        }
    }

    /// Runs an inner job in each tile.
    struct Nested: TileJob {
        let inner: ThreadTeam
        let witness: Witness

        struct Note: TileJob {
            let witness: Witness
            func run(tile: Int, worker: Int) { witness.note() }
        }

        func run(tile: Int, worker: Int) { inner.run(10, Note(witness: witness)) }
    }

    @Test("A job within a tile runs there, on its own team as on another")
    func nestedJobs() throws {
        let team = try ThreadTeam(threads: 3), other = try ThreadTeam(threads: 2)
        let witness = Witness()
        team.run(20, Nested(inner: team, witness: witness))
        team.run(20, Nested(inner: other, witness: witness))
        #expect(witness.times == 400)
    }

    @Test("Callers on several threads take turns, and several teams do not disturb each other")
    func manyCallers() async throws {
        let shared = try ThreadTeam(threads: 2)
        let witness = Witness()
        try await withThrowingTaskGroup { group in
            for index in 0..<8 {
                group.addTask {
                    let own = try ThreadTeam(threads: 2)
                    for _ in 0..<200 { (index % 2 == 0 ? shared : own).run(5, Nested.Note(witness: witness)) }
                }
            }
            try await group.waitForAll()
        }
        #expect(witness.times == 8 * 200 * 5)
    }

    /// Looks whether another tile of the same worker is running.
    struct Alone: TileJob {
        let inside: Witness
        let overlaps: Witness

        func run(tile: Int, worker: Int) {
            if inside.enter() > 0 { overlaps.note() }
            sched_yield()
            inside.leave()
        }
    }

    @Test("Two callers' tiles do not run as one worker, with nobody to share them either", arguments: [(1, 5), (3, 1), (1, 1)])
    func callersWait(_ threads: Int, _ tiles: Int) async throws {
        let team = try ThreadTeam(threads: threads, spinning: .zero)
        let inside = Witness(), overlaps = Witness()
        await withTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<5_000 { team.run(tiles, Alone(inside: inside, overlaps: overlaps)) }
                }
            }
        }
        #expect(overlaps.times == 0)
    }

    /// Runs an inner job and counts the tiles of it that another thread took.
    struct SameThread: TileJob {
        let inner: ThreadTeam
        let elsewhere: Witness

        struct Compare: TileJob {
            let thread: pthread_t
            let elsewhere: Witness

            func run(tile: Int, worker: Int) {
                if pthread_self() != thread || worker != 0 { elsewhere.note() }
                sched_yield()
            }
        }

        func run(tile: Int, worker: Int) { inner.run(20, Compare(thread: pthread_self(), elsewhere: elsewhere)) }
    }

    @Test("A job within a tile stays on its thread, also where the outer team had nothing to share", arguments: [(1, 3), (3, 1), (3, 4)])
    func nestedThread(_ threads: Int, _ tiles: Int) throws {
        let team = try ThreadTeam(threads: threads), inner = try ThreadTeam(threads: 3, spinning: .milliseconds(1))
        let elsewhere = Witness()
        for _ in 0..<300 { team.run(tiles, SameThread(inner: inner, elsewhere: elsewhere)) }
        #expect(elsewhere.times == 0)
    }

    @Test("A team that cannot be had says why")
    func refusals() {
        #expect { _ = try ThreadTeam(threads: 0) } throws: { "\($0)".contains("1 to 256 threads, not 0") }
        #expect { _ = try ThreadTeam(threads: 257) } throws: { "\($0)".contains("not 257") }
        #expect { _ = try ThreadTeam(threads: 2, processors: [0]) } throws: { "\($0)".contains("1 processors") }
        #expect { _ = try ThreadTeam(threads: 2, processors: [0, 100_000]) } throws: {
            "\($0)".contains("cannot start a team of 2 threads")
        }
    }

    @Test("A pinned team runs")
    func pinned() throws {
        let team = try ThreadTeam(threads: 2, processors: [0, 0])
        let witness = Witness()
        team.run(10, Nested.Note(witness: witness))
        #expect(witness.times == 10)
    }
}
