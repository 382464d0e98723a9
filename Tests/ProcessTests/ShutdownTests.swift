import ChildProcesses
import EchoProtos
import Glibc
import RPC
import Testing
import Transport

/// SIGTERM: what was accepted is finished, what comes later is refused, and the process goes in time.
@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test("Calls that run at SIGTERM finish, later ones end UNAVAILABLE")
    func finishesWhatRuns() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let clients = try (0..<4).map { _ in try stage.client(server.endpoint) }
            try await withThrowingTaskGroup(of: StatusCode.self) { calls in
                for number in 0..<64 {
                    calls.addTask { await code { try await clients[number % 4].put(EchoRequest(delayMs: 2_000)) } }
                }
                try await eventually("64 calls have begun") { try await ServerFigures(from: clients[0]).started("Put") == 64 }
                server.child.signal(SIGTERM)
                try await eventually("the server takes no more") { await code { try await clients[0].put(EchoRequest()) } == .unavailable }
                for client in clients[1...] {
                    let code = await code { try await client.put(EchoRequest()) }
                    #expect([.ok, .unavailable].contains(code))
                }
                for try await code in calls { #expect(code == .ok) }
            }
            #expect(try await server.child.ended() == .exited(0))
        }
    }

    @Test("Under load every call that a handler answered reaches its caller", arguments: RestartTests.Way.allCases)
    func losesNoAnswer(_ way: RestartTests.Way) async throws {
        try await Stage.with { stage in
            for _ in 0..<5 {
                let server = try await stage.server(way.endpoint(on: stage), "--log-level", "debug")
                let clients = try (0..<4).map { _ in try stage.client(server.endpoint) }
                let answered = try await withThrowingTaskGroup(of: Int.self) { callers in
                    for caller in 0..<64 {
                        callers.addTask {
                            var count = 0
                            while true {
                                let options = CallOptions(timeout: .seconds(20), retries: false)
                                let request = EchoRequest(delayMs: UInt32(caller % 8))
                                let code = await code { try await clients[caller % 4].put(request, options: options) }
                                if code == .ok {
                                    count += 1
                                } else {
                                    #expect(code == .unavailable)
                                    return count
                                }
                            }
                        }
                    }
                    let watcher = try stage.client(server.endpoint)
                    try await eventually("the load runs") { try await ServerFigures(from: watcher).started("Put") > 300 }
                    server.child.signal(SIGTERM)
                    return try await callers.reduce(0, +)
                }
                #expect(try await server.child.ended() == .exited(0))
                let log = server.child.errors.split(separator: "\n").filter { $0.contains("Echo/Put") }
                #expect(log.count { $0.contains("rpc.status=OK") } == answered)
                #expect(log.allSatisfy { $0.contains("rpc.status=OK") })
                for client in clients { await client.client.close() }
            }
        }
    }

    @Test("Calls that take longer than the budget are ended, and the process goes")
    func keepsItsBudget() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc(), "--drain-seconds", "1")
            let client = try stage.client(server.endpoint)
            try await withThrowingTaskGroup(of: StatusCode.self) { calls in
                for _ in 0..<8 { calls.addTask { await code { try await client.put(EchoRequest(delayMs: 600_000)) } } }
                calls.addTask {
                    await code { try await client.expand(EchoRequest(count: .max, responseBytes: 10_000)) { for try await _ in $0 {} } }
                }
                try await eventually("the calls have begun") {
                    let figures = try await ServerFigures(from: client)
                    return figures.started("Put") == 8 && figures.started("Expand") == 1
                }
                server.child.signal(SIGTERM)
                for try await code in calls { #expect(code == .unavailable) }
            }
            #expect(try await server.child.ended(within: .seconds(10)) == .exited(0))
        }
    }

    @Test("A client that stands still keeps no server from going")
    func clientStandsStill() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc(), "--drain-seconds", "1", "--heartbeat-ms", "60000")
            let client = try stage.client(server.endpoint)
            let load = try stage.load(server.endpoint)
            load.tell("calls 16 600000 0")
            load.tell("hold 500000")
            load.tell("push 500000")
            try await eventually("the calls have begun") {
                let figures = try await ServerFigures(from: client)
                return figures.started("Get") == 16 && figures.started("Collect") == 1 && load.outputLines.contains("first")
            }
            load.signal(SIGSTOP)
            server.child.signal(SIGTERM)
            // 1 s for the calls, 5 s for their handlers, 2 s for what was sent last.
            #expect(try await server.child.ended(within: .seconds(15)) == .exited(0))
            load.signal(SIGCONT)
            try await eventually("the client's calls have ended") { load.outputLines.count { $0 == "call UNAVAILABLE" } == 16 }
        }
    }

    @Test("A server that stands still keeps no client from going")
    func serverStandsStill() async throws {
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc(), "--heartbeat-ms", "60000")
            let client = try stage.client(server.endpoint)
            let load = try stage.load(server.endpoint)
            load.tell("calls 16 600000 0")
            load.tell("push 500000")
            try await eventually("the calls have begun") {
                let figures = try await ServerFigures(from: client)
                return figures.started("Get") == 16 && figures.started("Collect") == 1
            }
            server.child.signal(SIGSTOP)
            load.closeInput()
            #expect(try await load.ended() == .exited(0))
            server.child.signal(SIGCONT)
            try await eventually("the server has ended the client's calls") {
                let figures = try await ServerFigures(from: client)
                return figures.handled("Get", "CANCELLED") == 16 && figures.handled("Collect", "CANCELLED") == 1
            }
        }
    }
}
