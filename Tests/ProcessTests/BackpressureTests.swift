import ChildProcesses
import EchoProtos
import Glibc
import RPC
import Testing
import Transport

/// A peer that does not take what it is sent: credit stops the sender, and neither side's memory grows.
@Suite(.timeLimit(.minutes(1)))
struct BackpressureTests {
    private static let streams = 4
    private static let messageBytes = 256 << 10
    /// Both ends of every stream may hold 1 MiB and a message; this is several times that, and far below what a second without credit
    /// would pile up.
    private static let roomBytes = 48 << 20

    @Test("A client that reads nothing of endless streams stops their server")
    func slowReader() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let other = try stage.client(server.endpoint)
            try await call(other, times: 500)
            let load = try stage.load(server.endpoint)
            let memory = try Memory([server.pid, load.pid])
            for _ in 0..<Self.streams { load.tell("hold \(Self.messageBytes)") }
            try await eventually("the streams flow; \(load.output)") { load.outputLines.count { $0 == "first" } == Self.streams }
            try await memory.stays(below: Self.roomBytes) { try await call(other, times: 1_500) }
            let figures = try await ServerFigures(from: other)
            #expect(figures.started("Expand") == Self.streams && figures.handled("Expand") == 0, "the streams wait")
            #expect(load.isAlive)
        }
    }

    @Test("What a slow reader left unread is there when it reads on")
    func readsOn() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let client = try stage.client(server.endpoint)
            let other = try stage.client(server.endpoint)
            try await client.expand(EchoRequest(count: 200, responseBytes: UInt32(Self.messageBytes))) { responses in
                try await call(other, times: 200)
                var next: UInt32 = 0
                for try await response in responses {
                    #expect(response.count == next)
                    #expect(response.payload.count == Self.messageBytes)
                    next += 1
                }
                #expect(next == 200)
            }
        }
    }

    @Test("A handler that reads nothing stops its client")
    func slowHandler() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let other = try stage.client(server.endpoint)
            try await call(other, times: 500)
            let load = try stage.load(server.endpoint)
            let memory = try Memory([server.pid, load.pid])
            for _ in 0..<Self.streams { load.tell("push \(Self.messageBytes)") }
            try await eventually("the streams flow; \(load.output)") { load.outputLines.count { $0 == "written" } >= 4 * Self.streams }
            try await memory.stays(below: Self.roomBytes) { try await call(other, times: 1_500) }
            // 1 MiB of credit is four messages; the account may pass below zero by one, and the first message was taken.
            #expect(load.outputLines.count { $0 == "written" } <= 6 * Self.streams)
            let figures = try await ServerFigures(from: other)
            #expect(figures.started("Collect") == Self.streams && figures.handled("Collect") == 0, "the streams wait")
        }
    }

    private func call(_ client: EchoClient, times: Int) async throws {
        for number in 0..<times {
            let reply = try await client.get(EchoRequest(count: UInt32(number)), options: CallOptions(timeout: .seconds(20)))
            #expect(reply.count == UInt32(number))
        }
    }
}

/// What processes have in RAM, beside what they had at first.
private struct Memory {
    private let before: [(pid: pid_t, bytes: Int)]

    init(_ processes: [pid_t]) throws { before = try processes.map { ($0, try Proc.residentBytes($0)) } }

    /// Looks again and again while `work` runs, and once after it.
    func stays(below room: Int, during work: () async throws -> Void) async throws {
        let done = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let before = before
            group.addTask {
                var last = false
                while !last {
                    last = done.isSet
                    for (pid, bytes) in before {
                        let now = try Proc.residentBytes(pid)
                        try #require(now - bytes < room, "process \(pid) grew by \((now - bytes) >> 20) MiB")
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            try await work()
            done.set()
            try await group.waitForAll()
        }
    }
}
