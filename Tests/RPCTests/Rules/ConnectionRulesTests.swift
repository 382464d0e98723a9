import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// What a server answers to a connection that breaks the rules: PROTOCOL.md 6.4 and 8.
@Suite(.timeLimit(.minutes(1))) struct ConnectionRulesTests {
    /// Runs `body` with a connection that has not said HELLO unless `hello`; afterwards a proper call of another must succeed.
    private func with(hello: Bool, _ body: (RawClient, EchoFixture) async throws -> Void) async throws {
        try await EchoFixture.with { fixture in
            #expect(try await fixture.echo.get(EchoRequest(text: "before")).text == "before")
            try await RawClient.with(fixture.endpoint, hello: hello) { try await body($0, fixture) }
            #expect(try await fixture.echo.get(EchoRequest(text: "after")).text == "after", "one connection's fault is not another's")
            #expect(fixture.clientMetrics.value("rdrec_transport_reconnects_total") == 0)
        }
    }

    @Test(arguments: [Kind.call, .message, .halfClose, .cancel, .credit, .ping, .status, .goaway, .unspecified, Kind(rawValue: 77)])
    func `Who has not said HELLO is told that it is unknown, under its own epoch`(kind: Kind) async throws {
        try await with(hello: false) { client, fixture in
            client.send(Header(kind: kind, callID: 1))
            let bye = try await client.next().header
            #expect(bye.kind == .bye && bye.epoch == client.epoch)
            #expect(bye.status == StatusCode.unavailable.rawValue)
            #expect(fixture.malformed(fixture.serverMetrics) == ["unknown_peer": 1])
        }
    }

    @Test func `A header that cannot be read is dropped before HELLO and ends the connection after it`() async throws {
        try await with(hello: false) { client, fixture in
            client.send(frame: [0x08, 0x01, 0x10])
            client.send(frame: [0x00])
            client.send(Header(kind: .hello))
            #expect(try await client.next().header.kind == .hello, "nothing was answered before")
            client.send(frame: [0xff, 0xff])
            let bye = try await client.next().header
            #expect(bye.kind == .bye && bye.status == StatusCode.internal.rawValue)
            #expect(fixture.malformed(fixture.serverMetrics) == ["header": 3])
        }
    }

    @Test func `HELLO twice ends the connection`() async throws {
        try await with(hello: true) { client, fixture in
            client.send(Header(kind: .hello))
            let bye = try await client.next().header
            #expect(bye.kind == .bye && bye.status == StatusCode.internal.rawValue)
            #expect(fixture.malformed(fixture.serverMetrics) == ["state": 1])
        }
    }

    @Test func `A version that is not spoken is answered with the one that is`() async throws {
        for hello in [false, true] {
            try await with(hello: hello) { client, fixture in
                client.send(Header(version: 2, kind: .hello))
                let bye = try await client.next().header
                #expect(bye.kind == .bye && bye.version == 1 && bye.status == StatusCode.unimplemented.rawValue)
                #expect(bye.statusMessage.contains("1"))
                #expect(fixture.malformed(fixture.serverMetrics) == ["version": 1])
            }
        }
    }

    @Test(arguments: [Kind.status, .goaway, .hello, Kind(rawValue: 77), .unspecified])
    func `A kind that is not for a client to send ends the connection`(kind: Kind) async throws {
        guard kind != .hello else { return }
        try await with(hello: true) { client, fixture in
            client.send(Header(kind: kind))
            let bye = try await client.next().header
            #expect(bye.kind == .bye && bye.status == StatusCode.internal.rawValue)
            #expect(fixture.malformed(fixture.serverMetrics) == ["kind": 1])
        }
    }

    @Test func `A HELLO of another epoch on the same connection starts anew`() async throws {
        let gate = Gate()
        let method = testMethod("Held")
        try await EchoFixture.with(register: { router in
            router.unary(method) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
        }) { fixture in
            try await RawClient.with(fixture.endpoint) { client in
                client.send(Header(kind: .call, callID: 1, method: method.path))
                try await eventually("the handler runs") { gate.arrived == 1 }
                client.send(Header(kind: .hello, epoch: client.epoch ^ 1))
                let hello = try await client.next().header
                #expect(hello.kind == .hello && hello.epoch == client.epoch ^ 1)
                try await eventually("the old epoch's handler is told") { gate.cancelled == 1 }
                client.send(Header(kind: .call, callID: 2, method: EchoMethods.get.path))
                client.send(Header(kind: .call, epoch: client.epoch ^ 1, callID: 1, method: EchoMethods.get.path))
                let status = try await client.next().header
                #expect(status.kind == .status && status.epoch == client.epoch ^ 1 && status.callID == 1 && status.status == 0)
                #expect(fixture.malformed(fixture.serverMetrics) == ["epoch": 1])
            }
        }
    }

    @Test func `A refusal of a new epoch is said under that epoch`() async throws {
        let gate = Gate()
        let method = testMethod("Held")
        try await EchoFixture.with(register: { router in
            router.unary(method) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
        }) { fixture in
            try await RawClient.with(fixture.endpoint) { client in
                client.send(Header(kind: .call, callID: 1, method: method.path))
                try await eventually("the handler runs") { gate.arrived == 1 }
                async let shutdown: Void = fixture.server.shutdown()
                #expect(try await client.next().header.kind == .goaway)
                client.send(Header(kind: .hello, epoch: client.epoch ^ 1))
                let bye = try await client.next().header
                #expect(bye.kind == .bye && bye.status == StatusCode.unavailable.rawValue)
                #expect(bye.epoch == client.epoch ^ 1, "a client drops what comes under another epoch than its own")
                gate.open()
                await shutdown
            }
        }
    }

    @Test func `BYE ends the connection's calls without an answer`() async throws {
        let gate = Gate()
        let method = testMethod("Held")
        try await EchoFixture.with(register: { router in
            router.unary(method) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
        }) { fixture in
            try await RawClient.with(fixture.endpoint) { client in
                client.send(Header(kind: .call, callID: 1, method: method.path))
                try await eventually("the handler runs") { gate.arrived == 1 }
                client.send(Header(kind: .bye))
                try await eventually("the handler is told") { gate.cancelled == 1 }
                try await fixture.expectIdle()
                #expect(fixture.serverMetrics.value("rdrec_transport_peers") == 0)
                client.send(Header(kind: .ping))
                let bye = try await client.next().header
                #expect(bye.kind == .bye && bye.status == StatusCode.unavailable.rawValue, "it is unknown now")
            }
        }
    }

    /// Whatever bytes come, the server lives and serves others.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `Noise harms nobody but its sender`(seed: UInt64) async throws {
        var random = TestRandom(seed: seed)
        try await EchoFixture.with { fixture in
            for _ in 0..<15 {
                try await RawClient.with(fixture.endpoint, hello: random.below(2) == 0) { client in
                    for _ in 0..<40 {
                        if random.below(3) == 0 {
                            client.send(frame: (0..<random.below(60)).map { _ in UInt8(random.below(256)) })
                            continue
                        }
                        var header = Header(
                            kind: Kind(rawValue: Int32(random.below(13))), callID: UInt64(random.below(5)),
                            sequence: UInt64(random.below(3)),
                            method: EchoMethods.all[random.below(EchoMethods.all.count)].path, messageCount: UInt64(random.below(3)),
                            creditMessages: UInt32(truncatingIfNeeded: random.next()), creditBytes: random.next())
                        if random.below(10) == 0 { header.timeoutUs = random.next() }
                        if random.below(20) == 0 { header.epoch = random.next() }
                        if random.below(30) == 0 { header.version = UInt32(random.below(4)) }
                        client.send(header, payload: (0..<random.below(12)).map { _ in UInt8(random.below(256)) })
                    }
                }
            }
            #expect(try await fixture.echo.get(EchoRequest(text: "alive")).text == "alive")
        }
    }
}
