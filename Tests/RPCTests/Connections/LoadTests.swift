import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// The promise under load: every call ends with exactly one status, and none leaks.
@Suite(.timeLimit(.minutes(5))) struct LoadTests {
    private struct Outcomes {
        var counts: [StatusCode: Int] = [:]
        mutating func add(_ other: Outcomes) { counts.merge(other.counts, uniquingKeysWith: +) }
    }

    @Test(arguments: [TransportKind.inProcess, .ipc]) func `10,000 calls of 8 clients, one in a hundred cancelled, all end once`(
        transport: TransportKind
    ) async throws {
        let (clients, inFlight, total) = (8, 64, 10_000)
        try await transport.withEcho { fixture in
            let outcomes = try await withThrowingTaskGroup(of: Outcomes.self) { group in
                for client in 0..<clients {
                    group.addTask {
                        try await withClient(fixture.endpoint) { rpc, _ in
                            try await Self.callers(
                                inFlight / clients, calls: total / clients, of: EchoClient(rpc), seed: UInt64(client))
                        }
                    }
                }
                return try await group.reduce(into: Outcomes()) { $0.add($1) }
            }
            #expect(outcomes.counts.values.reduce(0, +) == total)
            #expect(Set(outcomes.counts.keys).isSubset(of: [.ok, .cancelled]))
            #expect(outcomes.counts[.ok, default: 0] >= total * 98 / 100)
            try await fixture.expectIdle()
            let started = fixture.serverMetrics.value("grpc_server_started_total", "grpc_method=\"Get\"")
            let handled = fixture.serverMetrics.value("grpc_server_handled_total", "grpc_method=\"Get\"")
            #expect(started == handled, "each call that began ended once")
            try await eventually("the connections are gone") { fixture.serverMetrics.value("rdrec_transport_peers") == 0 }
            #expect(fixture.malformed(fixture.serverMetrics).isEmpty)
        }
    }

    /// `width` tasks that make `calls` calls between them, one after another each.
    private static func callers(_ width: Int, calls: Int, of echo: EchoClient, seed: UInt64) async throws -> Outcomes {
        let outcomes = try await withThrowingTaskGroup(of: Outcomes.self) { group in
            for caller in 0..<width {
                let share = calls / width + (caller < calls % width ? 1 : 0)
                group.addTask {
                    var random = TestRandom(seed: seed << 16 | UInt64(caller))
                    var outcomes = Outcomes()
                    for number in 0..<share {
                        let cancelled = random.below(100) == 0
                        let spins = random.below(20)
                        let task = Task { try await echo.get(EchoRequest(count: UInt32(number))) }
                        if cancelled {
                            for _ in 0..<spins { await Task.yield() }
                            task.cancel()
                        }
                        do {
                            #expect(try await task.value.count == UInt32(number), "the reply is the call's own")
                            outcomes.counts[.ok, default: 0] += 1
                        } catch {
                            outcomes.counts[RPCError(from: error).code, default: 0] += 1
                        }
                    }
                    return outcomes
                }
            }
            return try await group.reduce(into: Outcomes()) { $0.add($1) }
        }
        #expect(await echo.client.openCalls() == 0)
        return outcomes
    }
}
