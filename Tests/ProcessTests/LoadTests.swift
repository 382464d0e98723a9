import ChildProcesses
import EchoProtos
import RPC
import Testing
import Transport

/// Many calls, some of them cancelled.
struct LoadTests {
    @Test("Ten thousand calls have one status each, and leave nothing behind", .timeLimit(.minutes(2)))
    func tenThousandCalls() async throws {
        let (connections, callersEach, total) = (8, 8, 10_000)
        try await Stage.with { stage in
            let server = try await stage.server(stage.ipc())
            let clients = try (0..<connections).map { _ in try stage.client(server.endpoint) }
            let perCaller = total / (connections * callersEach)
            let outcomes = try await withThrowingTaskGroup(of: [StatusCode: Int].self) { callers in
                for caller in 0..<connections * callersEach {
                    callers.addTask {
                        let client = clients[caller % connections]
                        let rest = caller < total % (connections * callersEach) ? 1 : 0
                        var outcomes: [StatusCode: Int] = [:]
                        for number in 0..<perCaller + rest {
                            outcomes[await call(client, UInt32(number), cancelled: Int.random(in: 0..<100) == 0), default: 0] += 1
                        }
                        return outcomes
                    }
                }
                return try await callers.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
            }
            #expect(outcomes.values.reduce(0, +) == total)
            #expect(Set(outcomes.keys).isSubset(of: [.ok, .cancelled]))
            #expect(outcomes[.ok, default: 0] > total * 95 / 100)
            for client in clients {
                #expect(await client.client.openCalls() == 0)
                await client.client.close()
            }
            let watcher = try stage.client(server.endpoint)
            try await eventually("the server has forgotten the clients") { try await ServerFigures(from: watcher).peers == 1 }
            let figures = try await ServerFigures(from: watcher)
            #expect(figures.started("Get") == figures.handled("Get"))
            #expect(figures.handled("Get") == figures.handled("Get", "OK") + figures.handled("Get", "CANCELLED"))
            #expect(figures.handled("Get", "OK") >= outcomes[.ok, default: 0])
            #expect(figures.started("Get") <= total)
            #expect(figures.sum("rdrec_transport_malformed_total") == 0)
        }
    }

    private func call(_ client: EchoClient, _ number: UInt32, cancelled: Bool) async -> StatusCode {
        let request = EchoRequest(text: "call \(number)", count: number, delayMs: number % 10 == 0 ? 2 : 0)
        let task = Task {
            await code {
                let reply = try await client.get(request)
                #expect(reply.text == request.text && reply.count == number)
            }
        }
        if cancelled {
            try? await Task.sleep(for: .microseconds(Int.random(in: 0..<3_000)))
            task.cancel()
        }
        return await task.value
    }
}
