import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// A server that ends in good order: GOAWAY, open calls finish, BYE; each step within its budget.
@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    private let held = testMethod("Held")

    private func holding(_ gate: Gate, stuck: Bool = false) -> (inout Router) -> Void {
        { router in
            router.unary(self.held) { _, _ in
                if stuck { await gate.passWhateverHappens() } else { try await gate.pass() }
                return EchoResponse(text: "finished")
            }
        }
    }

    @Test(arguments: [TransportKind.inProcess, .ipc]) func `Open calls finish while later ones are refused`(transport: TransportKind)
        async throws
    {
        let gate = Gate()
        try await transport.with { endpoint in
            try await EchoFixture.with(endpoint, client: { $0.retry.maxAttempts = 1 }, register: holding(gate)) { fixture in
                let open = Task { try await fixture.client.unary(held, EchoRequest()) }
                try await eventually("it is open") { gate.arrived == 1 }
                async let shutdown: Void = fixture.server.shutdown()
                try await eventually("later calls are refused") {
                    await code { try await fixture.echo.put(EchoRequest(), options: CallOptions(timeout: .seconds(5))) } == .unavailable
                }
                let begun = fixture.begun
                let error = try await failure { _ = try await fixture.echo.put(EchoRequest()) }
                #expect(error.code == .unavailable)
                #expect(fixture.begun == begun)
                gate.open()
                #expect(try await open.value.text == "finished")
                await shutdown
                #expect(await code { try await fixture.echo.put(EchoRequest()) } == .unavailable)
            }
        }
    }

    @Test func `A call that crosses GOAWAY is refused with the time to wait`() async throws {
        let gate = Gate()
        try await EchoFixture.with(server: { $0.retryAfter = .milliseconds(77) }, register: holding(gate)) { fixture in
            try await RawClient.with(fixture.endpoint) { client in
                client.send(Header(kind: .call, callID: 1, method: held.path))
                try await eventually("it is open") { gate.arrived == 1 }
                async let shutdown: Void = fixture.server.shutdown()
                let goaway = try await client.next().header
                #expect(goaway.kind == .goaway && goaway.status == StatusCode.unavailable.rawValue)
                client.send(Header(kind: .call, callID: 2, method: held.path))
                let status = try await client.next().header
                #expect(status.kind == .status && status.callID == 2 && status.status == StatusCode.unavailable.rawValue)
                #expect(try status.details.first.map { try RetryInfo(decoding: $0.value).retryDelayMs } == 77)
                gate.open()
                let finished = try await client.next().header
                #expect(finished.kind == .status && finished.callID == 1 && finished.status == 0)
                let bye = try await client.next().header
                #expect(bye.kind == .bye && bye.status == StatusCode.unavailable.rawValue)
                await shutdown
            }
        }
    }

    @Test func `Calls that do not end in time are ended, and their handlers told`() async throws {
        let gate = Gate()
        try await EchoFixture.with(server: { $0.drainBudget = .milliseconds(50) }, register: holding(gate)) { fixture in
            let open = Task { try await fixture.client.unary(held, EchoRequest()) }
            try await eventually("it is open") { gate.arrived == 1 }
            await fixture.server.shutdown()
            #expect(await code { try await open.value } == .unavailable)
            #expect(gate.cancelled == 1)
        }
    }

    @Test func `A handler that does not hear holds the shutdown up for its budgets and no longer`() async throws {
        let gate = Gate()
        try await EchoFixture.with(
            server: {
                $0.drainBudget = .milliseconds(50)
                $0.cancelBudget = .milliseconds(50)
            }, register: holding(gate, stuck: true)
        ) { fixture in
            let open = Task { try await fixture.client.unary(held, EchoRequest()) }
            try await eventually("it is open") { gate.arrived == 1 }
            let begin = MonotonicTime.now()
            await fixture.server.shutdown()
            let took = (MonotonicTime.now() - begin).seconds
            #expect(took >= 0.1, "both budgets were used")
            #expect(took < 10)
            #expect(await code { try await open.value } == .unavailable)
            gate.open()
            try await eventually("the handler ends in its own time") { await fixture.server.load().runningHandlers == 0 }
        }
    }

    @Test func `A shutdown without calls waits for nothing, and twice is once`() async throws {
        try await EchoFixture.with(server: { $0.drainBudget = .seconds(3_600) }) { fixture in
            _ = try await fixture.echo.put(EchoRequest())
            await fixture.server.shutdown()
            await fixture.server.shutdown()
            #expect(await code { try await fixture.echo.put(EchoRequest()) } == .unavailable)
        }
    }

    @Test func `Two servers cannot have one endpoint`() async throws {
        for transport in [TransportKind.inProcess, .ipc] {
            try await transport.withEcho { fixture in
                await #expect {
                    try await EchoFixture.with(fixture.endpoint) { _ in }
                } throws: { error in
                    "\(error)".contains("\(fixture.endpoint)") || "\(error)".contains("echo.ipc")
                }
                let reply = try await fixture.echo.get(EchoRequest(text: "x"))
                #expect(reply.text == "x", "the first is not disturbed")
            }
        }
    }
}
