import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// What a server answers to a client that breaks the rules of a call: PROTOCOL.md 6.5 and 8.
@Suite(.timeLimit(.minutes(1))) struct CallRulesTests {
    /// Runs `body` with a client that does as it is told; afterwards a proper call must succeed and nothing may be left.
    private func with(
        server: (inout ServerConfiguration) -> Void = { _ in }, register: (inout Router) -> Void = { _ in },
        _ body: (RawClient, EchoFixture) async throws -> Void
    ) async throws {
        try await EchoFixture.with(server: server, register: register) { fixture in
            try await RawClient.with(fixture.endpoint) { try await body($0, fixture) }
            #expect(try await fixture.echo.get(EchoRequest(text: "after")).text == "after")
            try await fixture.expectIdle()
        }
    }

    private func call(_ id: UInt64, _ method: String = EchoMethods.collect.path, timeout: UInt64 = 0, metadata: [Metadata] = []) -> Header {
        Header(kind: .call, callID: id, method: method, timeoutUs: timeout, metadata: metadata)
    }

    private func message(_ id: UInt64, _ sequence: UInt64) -> Header { Header(kind: .message, callID: id, sequence: sequence) }

    @Test(arguments: [Kind.message, .halfClose]) func `What needs a call and never had one is answered INTERNAL`(kind: Kind) async throws {
        try await with { client, fixture in
            client.send(Header(kind: kind, callID: 3))
            let answers = try await client.answers()
            #expect(answers.map(\.header.kind) == [.status] && answers.first?.header.callID == 3)
            #expect(answers.first?.header.status == StatusCode.internal.rawValue)
            #expect(fixture.malformed(fixture.serverMetrics) == ["no_call": 1])
        }
    }

    @Test func `Credit and cancellation of a call that never was are dropped`() async throws {
        try await with { client, fixture in
            client.send(Header(kind: .credit, callID: 3, creditMessages: 5))
            client.send(Header(kind: .cancel, callID: 3))
            let answers = try await client.answers()
            #expect(answers.isEmpty)
            #expect(fixture.malformed(fixture.serverMetrics).isEmpty)
        }
    }

    @Test func `A cancelled call is not answered, and what crosses its end is dropped`() async throws {
        try await with { client, fixture in
            client.send(call(1))
            client.send(Header(kind: .cancel, callID: 1))
            client.send(message(1, 0))
            client.send(Header(kind: .halfClose, callID: 1, messageCount: 7))
            client.send(Header(kind: .credit, callID: 1, creditMessages: 1))
            client.send(Header(kind: .cancel, callID: 1))
            let answers = try await client.answers()
            #expect(answers.isEmpty, "\(answers)")
            #expect(fixture.malformed(fixture.serverMetrics).isEmpty)
            try await fixture.expectIdle()
            #expect(try await client.answers().isEmpty, "also not when the handler has ended")
        }
    }

    @Test(arguments: [0, 5, 4] as [UInt64]) func `A call id that is 0 or not above the last ends the connection`(id: UInt64) async throws {
        try await with { client, fixture in
            client.send(call(5))
            client.send(call(id))
            var bye = try await client.next()
            while bye.header.kind != .bye { bye = try await client.next() }
            #expect(bye.header.status == StatusCode.internal.rawValue)
            #expect(bye.header.statusMessage.contains("call_id"))
            #expect(fixture.malformed(fixture.serverMetrics) == ["call_id": 1])
            try await fixture.expectIdle()
        }
    }

    @Test(arguments: [1, 2, UInt64.max]) func `A gap in the stream of requests ends the call with DATA_LOSS`(sequence: UInt64) async throws
    {
        try await with { client, fixture in
            client.send(call(1))
            client.send(message(1, sequence))
            try await expectStatus(.dataLoss, of: 1, client)
            #expect(fixture.malformed(fixture.serverMetrics) == ["sequence": 1])
            #expect(fixture.serverMetrics.value("rdrec_transport_stream_gaps_total") == 1)
        }
    }

    @Test(arguments: [0, 2] as [UInt64]) func `A half-close whose count disagrees ends the call with DATA_LOSS`(count: UInt64) async throws
    {
        try await with { client, fixture in
            client.send(call(1))
            client.send(message(1, 0))
            client.send(Header(kind: .halfClose, callID: 1, messageCount: count))
            try await expectStatus(.dataLoss, of: 1, client)
            #expect(fixture.malformed(fixture.serverMetrics) == ["sequence": 1])
        }
    }

    @Test func `A message after the half-close ends the call with INTERNAL`() async throws {
        let gate = Gate()
        let method = testMethod("Held", .clientStream)
        try await with(register: { router in
            router.clientStream(method) { requests, _ in
                for try await _ in requests {}
                try await gate.pass()
                return EchoResponse()
            }
        }) { client, fixture in
            client.send(call(1, method.path))
            client.send(Header(kind: .halfClose, callID: 1))
            client.send(message(1, 0))
            try await expectStatus(.internal, of: 1, client)
            #expect(fixture.malformed(fixture.serverMetrics) == ["half_closed": 1])
        }
    }

    @Test func `A message without credit ends the call with RESOURCE_EXHAUSTED`() async throws {
        let gate = Gate()
        let method = testMethod("Unread", .clientStream)
        try await with(
            server: { $0.connection.initialCreditMessages = 2 },
            register: { router in
                router.clientStream(method) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { client, fixture in
            client.send(call(1, method.path))
            for number in 0..<2 { client.send(message(1, UInt64(number))) }
            #expect(try await client.answers().isEmpty)
            client.send(message(1, 2))
            try await expectStatus(.resourceExhausted, of: 1, client)
            #expect(fixture.malformed(fixture.serverMetrics) == ["credit": 1])
        }
    }

    @Test func `Payloads over the frame limit are refused with the limit's name`() async throws {
        try await with(server: { $0.connection.maxFrameBytes = 1_024 }) { client, fixture in
            client.send(call(1, EchoMethods.get.path), payload: [UInt8](repeating: 0, count: 1_025))
            let first = try await expectStatus(.resourceExhausted, of: 1, client)
            #expect(first.header.statusMessage.contains("max_frame_bytes"))
            client.send(call(2))
            client.send(message(2, 0), payload: [UInt8](repeating: 0, count: 1_025))
            let second = try await expectStatus(.resourceExhausted, of: 2, client)
            #expect(second.header.statusMessage.contains("max_frame_bytes"))
            #expect(fixture.malformed(fixture.serverMetrics) == ["frame_bytes": 2])
        }
    }

    @Test func `Metadata that breaks a rule is refused`() async throws {
        try await with(server: { $0.connection.maxMetadataBytes = 64 }) { client, fixture in
            client.send(call(1, EchoMethods.get.path, metadata: [Metadata(key: "Bad")]))
            try await expectStatus(.internal, of: 1, client)
            client.send(call(2, EchoMethods.get.path, metadata: [Metadata(key: "k", value: [UInt8](repeating: 0, count: 64))]))
            let large = try await expectStatus(.resourceExhausted, of: 2, client)
            #expect(large.header.statusMessage.contains("max_metadata_bytes"))
            #expect(fixture.malformed(fixture.serverMetrics) == ["metadata": 2])
        }
    }

    @Test func `A method of more than 256 bytes is INTERNAL`() async throws {
        try await with { client, _ in
            client.send(call(1, "/" + String(repeating: "m", count: 255)))
            try await expectStatus(.unimplemented, of: 1, client)
            client.send(call(2, "/" + String(repeating: "m", count: 256)))
            try await expectStatus(.internal, of: 2, client)
        }
    }

    @Test func `A request that does not unpack is INTERNAL, naming the place and the rule`() async throws {
        try await with { client, fixture in
            // `text`, field 1, with a byte that is no UTF-8.
            client.send(call(1, EchoMethods.get.path), payload: [0x0a, 1, 0xff])
            let status = try await expectStatus(.internal, of: 1, client)
            #expect(status.header.statusMessage.contains("EchoRequest") && status.header.statusMessage.contains("text"))
            client.send(call(2))
            client.send(message(2, 0), payload: [0x0a, 1, 0xff])
            try await expectStatus(.internal, of: 2, client)
            #expect(fixture.begun == 1, "only the stream's handler began")
            #expect(fixture.malformed(fixture.serverMetrics) == ["payload": 2])
        }
    }

    @Test func `More open calls than the connection may have are refused and asked to come again`() async throws {
        let gate = Gate()
        let method = testMethod("Held")
        try await with(
            server: {
                $0.connection.maxCallsInFlight = 2
                $0.retryAfter = .milliseconds(123)
            },
            register: { router in
                router.unary(method) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { client, _ in
            for id in 1...3 { client.send(call(UInt64(id), method.path)) }
            let refused = try await expectStatus(.resourceExhausted, of: 3, client)
            #expect(refused.header.statusMessage.contains("max_calls_in_flight"))
            let info = try #require(refused.header.details.first { $0.type == RetryInfo.fullName })
            #expect(try RetryInfo(decoding: info.value).retryDelayMs == 123)
            gate.open()
            let ended = try await [client.next(), client.next()]
            #expect(Set(ended.map(\.header.callID)) == [1, 2])
            client.send(call(4, method.path))
            try await expectStatus(.ok, of: 4, client)
        }
    }

    @discardableResult
    private func expectStatus(_ code: StatusCode, of id: UInt64, _ client: RawClient) async throws -> RawClient.Received {
        while true {
            let received = try await client.next()
            if received.header.kind == .credit { continue }
            #expect(received.header.kind == .status && received.header.callID == id)
            #expect(StatusCode(wireValue: received.header.status) == code, "\(received.header.statusMessage)")
            return received
        }
    }
}
