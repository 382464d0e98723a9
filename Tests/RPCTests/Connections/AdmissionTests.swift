import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// What a server bears, and what it says when that is reached: PROTOCOL.md 6.5.
@Suite(.timeLimit(.minutes(1))) struct AdmissionTests {
    private let held = testMethod("Held")

    private func with(
        server: (inout ServerConfiguration) -> Void, client: (inout ClientConfiguration) -> Void = { _ in },
        _ body: (EchoFixture, Gate) async throws -> Void
    ) async throws {
        let gate = Gate()
        try await EchoFixture.with(
            server: server, client: client,
            register: { router in
                router.unary(held) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { fixture in
            try await body(fixture, gate)
            try await fixture.expectIdle()
        }
    }

    @Test func `A full queue refuses with the time to wait, and what waited runs in order`() async throws {
        try await with(server: {
            $0.maxRunningCalls = 1
            $0.maxWaitingCalls = 2
            $0.retryAfter = .milliseconds(321)
        }) { fixture, gate in
            let calls = (0..<3).map { _ in Task { try await fixture.client.unary(held, EchoRequest()) } }
            try await eventually("the queue is full") { await fixture.server.load().openCalls == 3 }
            let error = try await failure { _ = try await fixture.client.unary(held, EchoRequest()) }
            #expect(error.code == .resourceExhausted && error.message.contains("max_waiting_calls"))
            #expect(error.retryAfter == .milliseconds(321))
            // A call is open before its handler has begun.
            try await eventually("the first runs") { gate.arrived == 1 }
            #expect(await fixture.server.load().runningHandlers == 1)
            gate.open()
            for call in calls { _ = try await call.value }
            #expect(gate.arrived == 3)
        }
    }

    @Test func `A client keeps to the calls that its server takes at a time`() async throws {
        try await with(server: { $0.connection.maxCallsInFlight = 2 }) { fixture, gate in
            let calls = (0..<2).map { _ in Task { try await fixture.client.unary(held, EchoRequest()) } }
            try await eventually("they are open") { gate.arrived == 2 }
            let error = try await failure { _ = try await fixture.client.unary(held, EchoRequest()) }
            #expect(error.code == .resourceExhausted && error.message.contains("max_calls_in_flight"))
            #expect(error.retryAfter != nil)
            gate.open()
            for call in calls { _ = try await call.value }
            _ = try await fixture.client.unary(held, EchoRequest())
        }
    }

    @Test func `More connections than the server takes are refused with the limit's name`() async throws {
        try await with(server: { $0.connection.maxConnections = 1 }) { fixture, _ in
            _ = try await fixture.echo.put(EchoRequest())
            try await withClient(
                fixture.endpoint,
                {
                    $0.retry.maxAttempts = 1
                    $0.connection.backoff.initial = .milliseconds(2)
                    $0.connection.backoff.maximum = .milliseconds(10)
                }
            ) { second, _ in
                let error = try await failure { _ = try await EchoClient(second).put(EchoRequest()) }
                #expect(error.code == .resourceExhausted && error.message.contains("max_connections"))
                await fixture.client.close()
                let options = CallOptions(waitForReady: true)
                #expect(try await EchoClient(second).put(EchoRequest(text: "x"), options: options).text == "x")
            }
        }
    }
}
