import ChildProcesses
import EchoProtos
import Foundation
import RPC
import Testing
import Transport

/// A process that stands still for longer than liveness, and goes on.
struct StallTests {
    /// A minute more with RDREC_LONG_TESTS=1: longer than every timeout of the transport.
    static let stalls: [Duration] = [.seconds(3)] + (ProcessInfo.processInfo.environment["RDREC_LONG_TESTS"] == "1" ? [.seconds(60)] : [])

    @Test("A client outlives its server's stall", .timeLimit(.minutes(3)), arguments: stalls)
    func serverStalls(_ stall: Duration) async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc(), "--heartbeat-ms", "100")
            let client = try stage.client(server.endpoint)
            try await withThrowingTaskGroup(of: StatusCode.self) { calls in
                for number in 0..<16 {
                    calls.addTask {
                        await code {
                            try await client.put(EchoRequest(count: UInt32(number), delayMs: 600_000), options: CallOptions(retries: false))
                        }
                    }
                }
                // A full way to the server at the moment it stops is what libzmq's own heartbeats do not survive.
                for _ in 0..<4 {
                    calls.addTask {
                        await code {
                            try await client.chat { requests, responses in
                                async let reading: Void = { for try await _ in responses {} }()
                                while true { try await requests.write(EchoRequest(payload: [UInt8](repeating: 1, count: 100_000))) }
                                try await reading
                            }
                        }
                    }
                }
                try await eventually("the calls have begun") {
                    let figures = try await ServerFigures(from: client)
                    return figures.started("Put") == 16 && figures.started("Chat") == 4
                }
                server.child.signal(SIGSTOP)
                try await eventually("the server has stopped") { try Proc.isStopped(server.pid) }
                for try await code in calls { #expect(code == .unavailable) }
                // Meanwhile every call has an end, though nobody answers.
                for timeout in [100, 700] {
                    let options = CallOptions(timeout: .milliseconds(timeout))
                    let code = await code { try await client.put(EchoRequest(), options: options) }
                    #expect([.unavailable, .deadlineExceeded].contains(code))
                }
                try await Task.sleep(for: stall)
            }
            server.child.signal(SIGCONT)
            let reply = try await client.get(EchoRequest(text: "again"), options: CallOptions(timeout: .seconds(30), waitForReady: true))
            #expect(reply.text == "again")
            try await eventually("the server has ended the calls of the lost connection") {
                let figures = try await ServerFigures(from: client)
                return figures.handled("Put") == figures.started("Put") && figures.handled("Chat") == 4 && figures.peers == 1
            }
            #expect(server.child.isAlive)
        }
    }

    @Test("A server forgets a client that stalls, and takes it back", .timeLimit(.minutes(3)), arguments: stalls)
    func clientStalls(_ stall: Duration) async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc(), "--heartbeat-ms", "100")
            let client = try stage.client(server.endpoint)
            let load = try stage.load(server.endpoint)
            load.tell("calls 16 600000 0")
            load.tell("hold 200000")
            load.tell("push 200000")
            try await eventually("the calls have begun") {
                let figures = try await ServerFigures(from: client)
                return figures.started("Get") == 16 && figures.started("Collect") == 1 && load.outputLines.contains("first")
            }
            load.signal(SIGSTOP)
            try await eventually("the client has stopped") { try Proc.isStopped(load.pid) }
            try await eventually("the server has forgotten the client and cancelled its calls") {
                let figures = try await ServerFigures(from: client)
                return figures.peers == 1 && figures.handled("Get", "CANCELLED") == 16 && figures.handled("Expand", "CANCELLED") == 1
                    && figures.handled("Collect", "CANCELLED") == 1
            }
            try await Task.sleep(for: stall)
            load.signal(SIGCONT)
            func ended(_ code: String) -> Int { load.outputLines.count { $0 == "call \(code)" } }
            try await eventually("the client's calls have ended") { ended("UNAVAILABLE") == 16 }
            load.tell("calls 3 0 0")
            try await eventually("the client goes on") { ended("OK") == 3 }
            #expect(load.outputLines.count { $0.hasPrefix("call") } == 19)
            // Of the two streams the one that writes; the other is not looked at.
            #expect(load.outputLines.filter { $0.hasPrefix("failed") }.map { $0.prefix(19) } == ["failed: UNAVAILABLE"])
            #expect(load.isAlive)
            #expect(server.child.isAlive)
        }
    }

    @Test("A client that takes nothing holds up nobody else", .timeLimit(.minutes(1)))
    func takesNothing() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let client = try stage.client(server.endpoint)
            let load = try stage.load(server.endpoint)
            // More than libzmq may hold for one peer, and than the server queues for it.
            load.tell("calls 100 1500 4000000")
            try await eventually("the calls have begun") { try await ServerFigures(from: client).started("Get") == 100 }
            load.signal(SIGSTOP)
            try await eventually("the calls have ended") { try await ServerFigures(from: client).handled("Get") == 100 }
            for _ in 0..<20 {
                let reply = try await client.put(EchoRequest(responseBytes: 1_000_000), options: CallOptions(timeout: .seconds(10)))
                #expect(reply.payload.count == 1_000_000)
            }
            load.signal(SIGCONT)
            try await eventually("every call of the stalled client has a status") {
                load.outputLines.count { $0.hasPrefix("call ") } == 100
            }
            #expect(server.child.isAlive)
        }
    }

    @Test("A server ends the work of a client that is killed", .timeLimit(.minutes(1)))
    func clientIsKilled() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let client = try stage.client(server.endpoint)
            let load = try stage.load(server.endpoint)
            load.tell("calls 16 600000 0")
            load.tell("hold 200000")
            load.tell("push 200000")
            try await eventually("the calls have begun") {
                let figures = try await ServerFigures(from: client)
                return figures.started("Get") == 16 && figures.started("Collect") == 1 && load.outputLines.contains("first")
            }
            load.signal(SIGKILL)
            try await eventually("the server has forgotten the client and cancelled its calls") {
                let figures = try await ServerFigures(from: client)
                return figures.peers == 1 && figures.handled("Get", "CANCELLED") == 16 && figures.handled("Expand", "CANCELLED") == 1
                    && figures.handled("Collect", "CANCELLED") == 1
            }
        }
    }
}
