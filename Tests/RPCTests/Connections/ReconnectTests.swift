import EchoProtos
import Glibc
import Prometheus
import RPC
import Testing
import Transport
import Wire

/// Servers that are absent, come back, fall silent or are cut off: PROTOCOL.md 6.2 and 6.3.
@Suite(.timeLimit(.minutes(1))) struct ReconnectTests {
    private let held = testMethod("Held")

    /// A server that can be stopped, and started again at the same endpoint.
    private func startServer(_ endpoint: Endpoint, loop: SocketThread, gate: Gate = Gate()) async throws -> RPCServer {
        var configuration = ServerConfiguration(endpoints: [endpoint])
        configuration.security = .insecureLoopback
        configuration.drainBudget = .milliseconds(1)
        configuration.cancelBudget = .seconds(10)
        var router = Router()
        EchoHandlers().register(in: &router)
        router.unary(held) { _, _ in
            try await gate.pass()
            return EchoResponse()
        }
        var started: RPCServer?
        // libzmq closes a listener on its own thread, some time after its socket: the last server's port may be taken for a moment.
        try await eventually("the address is free") {
            let server = try RPCServer(configuration, router: router, loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
            do {
                try await server.start()
                started = server
                return true
            } catch let error as SocketError where error.errno == EADDRINUSE {
                return false
            }
        }
        return try #require(started)
    }

    private func quick(_ configuration: inout ClientConfiguration) {
        configuration.connection.backoff.initial = .milliseconds(2)
        configuration.connection.backoff.maximum = .milliseconds(20)
    }

    @Test(arguments: [TransportKind.inProcess, .ipc]) func `Without a server a call fails at once, or waits if it is told to`(
        transport: TransportKind
    ) async throws {
        try await transport.with { endpoint in
            let loop = SocketThread(name: "server-io")
            defer { loop.close() }
            try await withClient(endpoint, quick) { client, _ in
                let error = try await failure { _ = try await EchoClient(client).put(EchoRequest()) }
                #expect(error.code == .unavailable)
                #expect(error.message.contains("\(endpoint)"), "\(error)")
                let impatient = CallOptions(timeout: .milliseconds(50), waitForReady: true)
                #expect(await code { try await EchoClient(client).put(EchoRequest(), options: impatient) } == .deadlineExceeded)
                let patient = Task { try await EchoClient(client).put(EchoRequest(text: "x"), options: CallOptions(waitForReady: true)) }
                try await eventually("it waits") { await client.openCalls() == 1 }
                let server = try await startServer(endpoint, loop: loop)
                #expect(try await patient.value.text == "x")
                await server.shutdown()
            }
        }
    }

    @Test(arguments: TransportKind.allCases) func `A server that is restarted takes new calls, and the old ones end UNAVAILABLE`(
        transport: TransportKind
    ) async throws {
        try await transport.with { asked in
            var endpoint = asked
            let loop = SocketThread(name: "server-io")
            defer { loop.close() }
            let gate = Gate()
            var configuration = ServerConfiguration(endpoints: [endpoint])
            configuration.security = .insecureLoopback
            configuration.drainBudget = .milliseconds(1)
            var router = Router()
            EchoHandlers().register(in: &router)
            router.unary(held) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
            var server = try RPCServer(configuration, router: router, loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
            endpoint = try await server.start()[0]
            try await withClient(endpoint, quick) { client, _ in
                for _ in 0..<3 {
                    let arrived = gate.arrived
                    let open = Task { try await client.unary(held, EchoRequest()) }
                    try await eventually("it is open") { gate.arrived == arrived + 1 }
                    await server.shutdown()
                    #expect(await code { try await open.value } == .unavailable)
                    server = try await startServer(endpoint, loop: loop, gate: gate)
                    let options = CallOptions(timeout: .seconds(20), waitForReady: true)
                    #expect(try await EchoClient(client).put(EchoRequest(text: "again"), options: options).text == "again")
                }
                #expect(await client.openCalls() == 0)
            }
            await server.shutdown()
        }
    }

    @Test func `A connection that is cut ends its calls, and the client comes back by itself`() async throws {
        let name = "\(UInt64.random(in: 0 ... .max))"
        let gate = Gate()
        try await EchoFixture.with(
            Endpoint("inproc://\(name)"), client: quick,
            register: { router in
                router.unary(held) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { fixture in
            let open = Task { try await fixture.client.unary(held, EchoRequest()) }
            try await eventually("it is open") { gate.arrived == 1 }
            InProcessNetwork.sever(name)
            #expect(await code { try await open.value } == .unavailable)
            let options = CallOptions(waitForReady: true)
            #expect(try await fixture.echo.put(EchoRequest(text: "x"), options: options).text == "x")
            #expect(fixture.clientMetrics.value("rdrec_transport_reconnects_total") == 1)
        }
    }

    @Test func `After silence both sides end the calls, and the client comes back when the way is free`() async throws {
        let name = "\(UInt64.random(in: 0 ... .max))"
        let gate = Gate()
        try await EchoFixture.with(
            Endpoint("inproc://\(name)"),
            server: {
                $0.connection.heartbeatInterval = .milliseconds(30)
                $0.connection.heartbeatLiveness = 4
            },
            client: {
                quick(&$0)
                $0.connection.connectTimeout = .milliseconds(100)
            },
            register: { router in
                router.unary(held) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { fixture in
            defer { InProcessNetwork.setFilter(name, nil) }
            let open = Task { try await fixture.client.unary(held, EchoRequest()) }
            try await eventually("it is open") { gate.arrived == 1 }
            let begin = MonotonicTime.now()
            InProcessNetwork.setFilter(name) { _, _ in .drop }
            #expect(await code { try await open.value } == .unavailable)
            #expect((MonotonicTime.now() - begin).seconds >= 0.05, "one lost heartbeat is not enough")
            try await eventually("the server cancels the handler") { gate.cancelled == 1 }
            try await fixture.expectIdle()
            for registry in [fixture.serverMetrics, fixture.clientMetrics] {
                #expect(registry.value("rdrec_transport_lost_peers_total") >= 1)
                #expect(registry.value("rdrec_transport_missed_heartbeats_total") >= 1)
            }
            InProcessNetwork.setFilter(name, nil)
            #expect(try await fixture.echo.put(EchoRequest(text: "x"), options: CallOptions(waitForReady: true)).text == "x")
        }
    }

    @Test func `A quiet connection is kept alive by its heartbeats`() async throws {
        try await EchoFixture.with(server: {
            $0.connection.heartbeatInterval = .milliseconds(20)
            $0.connection.heartbeatLiveness = 100
        }) { fixture in
            _ = try await fixture.echo.put(EchoRequest())
            try await eventually("pings are sent") {
                fixture.clientMetrics.value("rdrec_transport_missed_heartbeats_total")
                    + fixture.serverMetrics.value("rdrec_transport_missed_heartbeats_total") >= 10
            }
            _ = try await fixture.echo.put(EchoRequest())
            #expect(fixture.clientMetrics.value("rdrec_transport_reconnects_total") == 0)
        }
    }

    /// Each reply of the first epoch is sent again to the second, under both epochs' call ids: only the second's own may be heard.
    @Test func `No reply of an old connection reaches a call of a new one`() async throws {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        let calls = Journal<RawServer.Received>()
        try await RawServer.with(
            endpoint,
            script: { server, message in
                switch message.header.kind {
                case .hello: server.welcome(message)
                case .call:
                    let earlier = calls.entries.first
                    calls.note(message)
                    guard let old = earlier else {
                        // The first connection is broken by a kind that no server sends.
                        return server.send(Header(kind: .hello, epoch: message.header.epoch), to: message.peer)
                    }
                    for id in [old.header.callID, message.header.callID] {
                        let stale = Header(kind: .status, epoch: old.header.epoch, callID: id)
                        server.send(stale, payload: [0x0a, 3] + Array("old".utf8), to: message.peer)
                    }
                    let fresh = Header(kind: .status, epoch: message.header.epoch, callID: message.header.callID)
                    server.send(fresh, payload: [0x0a, 3] + Array("new".utf8), to: message.peer)
                default: break
                }
            }
        ) { _ in
            try await withClient(endpoint, quick) { client, metrics in
                #expect(await code { try await EchoClient(client).put(EchoRequest()) } != nil)
                let reply = try await EchoClient(client).put(EchoRequest(), options: CallOptions(waitForReady: true))
                #expect(reply.text == "new")
                #expect(calls.entries.map(\.header.callID) == [1, 1], "the same id, so that only the epoch tells them apart")
                #expect(PrometheusReader(metrics).malformed["epoch"] == 2)
            }
        }
    }

    @Test func `More calls than may wait for the connection are refused`() async throws {
        let absent = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await withClient(absent, { $0.maxWaitingCalls = 3 }) { client, _ in
            let waiting = (0..<3).map { _ in
                Task { try await EchoClient(client).put(EchoRequest(), options: CallOptions(waitForReady: true)) }
            }
            try await eventually("they wait") { await client.openCalls() == 3 }
            let error = try await failure { _ = try await EchoClient(client).put(EchoRequest(), options: CallOptions(waitForReady: true)) }
            #expect(error.code == .resourceExhausted && error.message.contains("max_waiting_calls"))
            for task in waiting { task.cancel() }
            for task in waiting { #expect(await code { try await task.value } == .cancelled) }
            let again = Task { try await EchoClient(client).put(EchoRequest(), options: CallOptions(waitForReady: true)) }
            try await eventually("places of cancelled calls are free") { await client.openCalls() == 1 }
            again.cancel()
            _ = await again.result
        }
    }
}
