import ChildProcesses
import EchoProtos
import Glibc
import RPC
import Testing
import Transport

/// A server that dies and comes back.
@Suite(.timeLimit(.minutes(1)))
struct RestartTests {
    enum Way: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case ipc
        case tcp

        var testDescription: String { rawValue }

        func endpoint(on stage: Stage) -> String {
            switch self {
            case .ipc: stage.ipc()
            case .tcp: "tcp://127.0.0.1:0"
            }
        }
    }

    @Test("Calls that a killed server had end UNAVAILABLE, and later ones reach its successor", arguments: Way.allCases)
    func killedInMidCall(_ way: Way) async throws {
        try await Stage.with { stage in
            let server = try await stage.server(way.endpoint(on: stage), "--heartbeat-ms", "100")
            let client = try stage.client(server.endpoint)
            try await withThrowingTaskGroup(of: StatusCode.self) { calls in
                for number in 0..<32 {
                    calls.addTask {
                        await code {
                            try await client.put(EchoRequest(count: UInt32(number), delayMs: 600_000), options: CallOptions(retries: false))
                        }
                    }
                }
                try await eventually("32 calls have begun") { try await ServerFigures(from: client).started("Put") == 32 }
                server.child.signal(SIGKILL)
                let killed = ContinuousClock.now
                for try await code in calls { #expect(code == .unavailable) }
                // Liveness is 0.3 s; the rest is for a machine that is busy.
                #expect(ContinuousClock.now - killed < .seconds(15))
            }
            #expect(try await server.child.ended() == .signalled(SIGKILL))
            _ = try await stage.server(server.endpoint)
            let reply = try await client.get(EchoRequest(text: "new"), options: CallOptions(timeout: .seconds(20), waitForReady: true))
            #expect(reply.text == "new")
        }
    }

    @Test("Over restarts every reply belongs to its request")
    func noStaleReply() async throws {
        try await Stage.with { stage in
            let endpoint = stage.ipc()
            var server = try await stage.server(endpoint)
            let client = try stage.client(endpoint)
            let answered = Count()
            let stop = Flag()
            try await withThrowingTaskGroup(of: Void.self) { callers in
                for caller in 0..<16 {
                    callers.addTask {
                        var number: UInt32 = 0
                        while !stop.isSet {
                            number += 1
                            // Some answers are on their way when the server dies, and some are not made yet.
                            let request = EchoRequest(text: "\(caller)/\(number)", count: number, delayMs: number % 4 * 5)
                            do {
                                let options = CallOptions(timeout: .seconds(20), waitForReady: true, retries: false)
                                let reply = try await client.put(request, options: options)
                                #expect(reply.text == request.text)
                                #expect(reply.count == request.count)
                                answered.increment()
                            } catch {
                                #expect(RPCError(from: error).code == .unavailable, "\(error)")
                            }
                        }
                    }
                }
                for _ in 0..<5 {
                    let before = answered.value
                    try await eventually("200 more answers") { answered.value > before + 200 }
                    server.child.signal(SIGKILL)
                    _ = try await server.child.ended()
                    server = try await stage.server(endpoint)
                }
                let before = answered.value
                try await eventually("200 answers of the last server") { answered.value > before + 200 }
                stop.set()
                try await callers.waitForAll()
            }
        }
    }

    @Test("A server that dies during the handshake is unavailable, and no word is said of keys", arguments: [0, 5, 64])
    func diesInHandshake(_ greetingBytes: Int) async throws {
        try await Stage.with { stage in
            let server = try RudeServer(greeting: Array(ZMTP.handshake.prefix(greetingBytes)))
            defer { server.stop() }
            let client = try stage.client("tcp://127.0.0.1:\(server.port)")
            let error = try await failure { try await client.put(EchoRequest(), options: CallOptions(timeout: .seconds(4))) }
            #expect(error.code == .unavailable, "\(error)")
            #expect(server.visitorCount > 0)
        }
    }
}
