import EchoProtos
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
    private let held = testMethod("Held")

    private func holding(_ gate: Gate) -> (inout Router) -> Void {
        { router in
            router.unary(self.held) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
        }
    }

    @Test(arguments: TransportKind.allCases) func `A call ends at its deadline on both sides, and its handler is cancelled`(
        transport: TransportKind
    ) async throws {
        let gate = Gate()
        try await transport.with { endpoint in
            try await EchoFixture.with(
                endpoint, server: { if transport == .tcp { $0.security = .insecureLoopback } }, register: holding(gate)
            ) { fixture in
                let begin = MonotonicTime.now()
                let error = try await failure {
                    _ = try await fixture.client.unary(held, EchoRequest(), options: CallOptions(timeout: .milliseconds(300)))
                }
                let took = (MonotonicTime.now() - begin).seconds
                #expect(error.code == .deadlineExceeded)
                #expect(took >= 0.299, "not sooner than it was asked for")
                try await eventually("the handler is told") { gate.cancelled == 1 }
                try await fixture.expectIdle()
            }
        }
    }

    @Test func `The server keeps the deadline by its own clock`() async throws {
        let gate = Gate()
        try await EchoFixture.with(register: holding(gate)) { fixture in
            try await RawClient.with(fixture.endpoint) { client in
                client.send(Header(kind: .call, callID: 1, method: held.path, timeoutUs: 20_000))
                let status = try await client.next().header
                #expect(status.kind == .status && status.callID == 1)
                #expect(StatusCode(wireValue: status.status) == .deadlineExceeded)
                try await eventually("the handler is told") { gate.cancelled == 1 }
                try await fixture.expectIdle()
            }
        }
    }

    @Test func `A call that waits for its turn until its deadline never runs`() async throws {
        let gate = Gate()
        try await EchoFixture.with(server: { $0.maxRunningCalls = 1 }, register: holding(gate)) { fixture in
            async let first = fixture.client.unary(held, EchoRequest())
            try await eventually("the only slot is taken") { gate.arrived == 1 }
            let error = try await failure {
                _ = try await fixture.echo.put(EchoRequest(), options: CallOptions(timeout: .milliseconds(50)))
            }
            #expect(error.code == .deadlineExceeded)
            // By the server's clock too: its own status, not the client's.
            try await RawClient.with(fixture.endpoint) { client in
                client.send(Header(kind: .call, callID: 1, method: EchoMethods.put.path, timeoutUs: 5_000))
                let status = try await client.next().header
                #expect(StatusCode(wireValue: status.status) == .deadlineExceeded)
            }
            gate.open()
            _ = try await first
            try await fixture.expectIdle()
            #expect(fixture.begun == 0)
            #expect(try await fixture.echo.put(EchoRequest(text: "after")).text == "after")
        }
    }

    @Test(arguments: [Duration.zero, .nanoseconds(-1), .seconds(-3_600), .seconds(Int64.min)])
    func `A deadline that has passed ends the call before the server hears of it`(timeout: Duration) async throws {
        try await EchoFixture.with { fixture in
            _ = try await fixture.echo.put(EchoRequest())
            let started = fixture.begun
            #expect(await code { try await fixture.echo.put(EchoRequest(), options: CallOptions(timeout: timeout)) } == .deadlineExceeded)
            let stream = await code {
                try await fixture.echo.expand(EchoRequest(count: 1), options: CallOptions(timeout: timeout)) { for try await _ in $0 {} }
            }
            #expect(stream == .deadlineExceeded)
            try await fixture.expectIdle()
            #expect(fixture.begun == started)
        }
    }

    @Test(arguments: [nil, Duration.seconds(Int64.max), .seconds(1_000_000_000)] as [Duration?])
    func `Without a deadline, or with one that nobody lives to see, a call just runs`(timeout: Duration?) async throws {
        try await EchoFixture.with { fixture in
            let reply = try await fixture.echo.put(EchoRequest(), options: CallOptions(timeout: timeout))
            #expect((reply.remainingUs == 0) == (timeout == nil))
        }
    }

    @Test func `The client's default holds for calls that say nothing`() async throws {
        try await EchoFixture.with(client: { $0.defaultTimeout = .seconds(100) }) { fixture in
            let byDefault = try await fixture.echo.put(EchoRequest()).remainingUs
            #expect(byDefault > 10_000_000 && byDefault <= 100_000_000)
            let own = try await fixture.echo.put(EchoRequest(), options: CallOptions(timeout: .seconds(1_000))).remainingUs
            #expect(own > 100_000_000)
        }
    }

    @Test(arguments: CallKind.allCases) func `A stream ends at its deadline whatever it is doing`(kind: CallKind) async throws {
        let gate = Gate()
        let method = testMethod("Stalled", kind)
        try await EchoFixture.with(register: { router in
            switch kind {
            case .unary:
                router.unary(method) { _, _ in
                    try await gate.pass(); return EchoResponse()
                }
            case .serverStream: router.serverStream(method) { _, _, _ in try await gate.pass() }
            case .clientStream:
                router.clientStream(method) { _, _ in
                    try await gate.pass(); return EchoResponse()
                }
            case .bidirectional: router.bidirectional(method) { _, _, _ in try await gate.pass() }
            }
        }) { fixture in
            let options = CallOptions(timeout: .milliseconds(100))
            let error = try await failure {
                switch kind {
                case .unary: _ = try await fixture.client.unary(method, EchoRequest(), options: options)
                case .serverStream:
                    try await fixture.client.serverStream(method, EchoRequest(), options: options) { for try await _ in $0 {} }
                case .clientStream:
                    // Writes until the credit is used up, and then waits for more.
                    _ = try await fixture.client.clientStream(method, options: options) { writer in
                        while true { try await writer.write(EchoRequest()) }
                    }
                case .bidirectional:
                    try await fixture.client.bidirectional(method, options: options) { writer, _ in
                        while true { try await writer.write(EchoRequest()) }
                    }
                }
            }
            #expect(error.code == .deadlineExceeded)
            try await eventually("the handler is told") { gate.cancelled == gate.arrived }
            try await fixture.expectIdle()
        }
    }

    /// A handler that calls a second server: PROTOCOL.md leaves it to the library that what is left goes along.
    @Test func `What a handler calls in turn has what is left of its own deadline and no more`() async throws {
        let relay = testMethod("Relay")
        try await EchoFixture.with { second in
            let onwards = second.echo
            try await EchoFixture.with(register: { router in
                router.unary(relay) { request, call in
                    #expect(ServerCall.current === call)
                    let generous = CallOptions(timeout: request.count == 0 ? nil : .seconds(Int64(request.count)))
                    return try await onwards.put(EchoRequest(text: "relayed"), options: generous)
                }
            }) { first in
                for own in [0, 10_000] as [UInt32] {
                    let reply = try await first.client.unary(relay, EchoRequest(count: own), options: CallOptions(timeout: .seconds(100)))
                    #expect(reply.text == "relayed")
                    #expect(reply.remainingUs > 0 && reply.remainingUs < 100_000_000, "the caller's deadline bounds it")
                }
                let shorter = try await first.client.unary(relay, EchoRequest(count: 5), options: CallOptions(timeout: .seconds(100)))
                #expect(shorter.remainingUs > 0 && shorter.remainingUs <= 5_000_000, "its own is nearer")
                let none = try await first.client.unary(relay, EchoRequest())
                #expect(none.remainingUs == 0)
                #expect(ServerCall.current == nil)
            }
        }
    }

    @Test func `A deadline ends the whole chain of calls`() async throws {
        let relay = testMethod("Relay")
        let gate = Gate()
        try await EchoFixture.with(register: holding(gate)) { second in
            let (onwards, method) = (second.client, held)
            try await EchoFixture.with(register: { router in
                router.unary(relay) { _, _ in try await onwards.unary(method, EchoRequest()) }
            }) { first in
                let error = await code {
                    try await first.client.unary(relay, EchoRequest(), options: CallOptions(timeout: .milliseconds(200)))
                }
                #expect(error == .deadlineExceeded)
                try await first.expectIdle()
                try await second.expectIdle()
                #expect(gate.cancelled == gate.arrived)
            }
        }
    }
}
