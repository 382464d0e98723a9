import ChildProcesses
import RPC
import ScriptedGenerator
import Teacher
import Testing
import Transport
import Wire

/// The bound of bytes over everything that was taken on.
@Suite(.timeLimit(.minutes(1)))
struct RequestMemoryTests {
    @Test("Who asks for one is refused at the bound, and told when to come again; one alone always fits")
    func refuses() async throws {
        let memory = RequestMemory(maxBytes: 100)
        try memory.reserve(1_000)
        let error = try await failure { try memory.reserve(1) }
        #expect(error.code == .resourceExhausted && error.retryAfter != nil)
        memory.release(1_000)
        try memory.reserve(60)
        try memory.reserve(40)
        #expect(memory.used == 100)
    }

    @Test("Streams wait in turn, leave a quarter free, and who is cancelled makes room for those behind")
    func waits() async throws {
        let memory = RequestMemory(maxBytes: 100)
        try await memory.reserveInTurn(60)
        let large = Task { try await memory.reserveInTurn(70) }
        try await eventually("the large one waits") { memory.waiting == 1 }
        let small = Task { try await memory.reserveInTurn(10) }
        try await eventually("the small one waits behind it") { memory.waiting == 2 }
        try memory.reserve(40)
        memory.release(40)
        large.cancel()
        await #expect(throws: CancellationError.self) { try await large.value }
        try await small.value
        #expect(memory.used == 70 && memory.waiting == 0)
        memory.releaseInTurn(70)
        #expect(memory.used == 0)
    }

    @Test("While a stream waits, single callers have three quarters at most")
    func fair() async throws {
        let memory = RequestMemory(maxBytes: 100)
        try memory.reserve(70)
        try memory.reserve(20)
        memory.release(20)
        let stream = Task { try await memory.reserveInTurn(40) }
        try await eventually("it waits") { memory.waiting == 1 }
        #expect(try await failure { try memory.reserve(20) }.code == .resourceExhausted)
        memory.release(70)
        try await stream.value
        #expect(memory.used == 40)
    }

    @Test("Whatever is reserved, released and cancelled in whatever order, the count returns to nothing and streams stay within their part")
    func returns() async throws {
        let memory = RequestMemory(maxBytes: 1_000)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2_000 {
                group.addTask {
                    let bytes = 1 + number * 37 % 300
                    let task = Task {
                        try await memory.reserveInTurn(bytes)
                        #expect(memory.used <= 750)
                        await Task.yield()
                        memory.releaseInTurn(bytes)
                    }
                    if number % 5 == 0 { task.cancel() }
                    _ = await task.result
                }
            }
        }
        #expect(memory.used == 0 && memory.waiting == 0)
    }

    @Test("A stream of large requests is answered whole, though the bound has room for few of them at a time")
    func stream() async throws {
        var script = ScriptedGenerator.Script()
        script.contextLength = 1_000_000
        try await DaemonFixture.with(script, configure: { $0.maxRequestBytes = 4 << 20 }) { fixture in
            let text = String(repeating: "A long review of a guitar. ", count: 6_000)
            let outcomes = try await fixture.stream((0..<40).map { request($0, text: "\($0) " + text) })
            #expect(outcomes.count == 40 && outcomes.allSatisfy { $0.status == .ok })
        }
    }
}
