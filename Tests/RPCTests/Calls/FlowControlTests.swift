import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// PROTOCOL.md 5: a receiver never holds more than it granted, and a sender within the rules never starves.
@Suite(.timeLimit(.minutes(1))) struct FlowControlTests {
    /// A credit, and how many messages of 100 bytes fit into it.
    struct Credit: Sendable, CustomTestStringConvertible {
        var messages: Int
        var bytes: Int
        var fits: Int
        var testDescription: String { "\(messages) messages, \(bytes) bytes" }
    }

    static let credits = [
        Credit(messages: 8, bytes: 1 << 20, fits: 8), Credit(messages: 1, bytes: 1, fits: 1), Credit(messages: 1_000, bytes: 950, fits: 10),
    ]

    /// 100 bytes as a message: 2 of the tag and length before the payload.
    private static let payload = [UInt8](repeating: 1, count: 98)

    @Test(arguments: credits) func `A client that reads nothing stops the handler at the initial credit, and reading resumes it`(
        credit: Credit
    ) async throws {
        let written = Tally()
        let total = 3 * credit.fits + 20
        let method = testMethod("Pour", .serverStream)
        try await EchoFixture.with(
            client: {
                $0.connection.initialCreditMessages = credit.messages
                $0.connection.initialCreditBytes = credit.bytes
            },
            register: { router in
                router.serverStream(method) { _, responses, _ in
                    for _ in 0..<total {
                        try await responses.write(EchoResponse(payload: Self.payload))
                        written.add()
                    }
                }
            }
        ) { fixture in
            let read = try await fixture.client.serverStream(method, EchoRequest()) { responses in
                try await eventually("the credit is used") { written.count == credit.fits }
                // Time enough for a writer that does not stop: a hundred calls beside it.
                for _ in 0..<100 { _ = try await fixture.echo.get(EchoRequest()) }
                #expect(written.count == credit.fits)
                return try await responses.reduce(0) { count, _ in count + 1 }
            }
            #expect(read == total)
        }
    }

    @Test(arguments: credits) func `A handler that reads nothing stops the client at the initial credit, and reading resumes it`(
        credit: Credit
    ) async throws {
        let written = Tally()
        let gate = Gate()
        let total = 3 * credit.fits + 20
        let method = testMethod("Drink", .clientStream)
        try await EchoFixture.with(
            server: {
                $0.connection.initialCreditMessages = credit.messages
                $0.connection.initialCreditBytes = credit.bytes
            },
            register: { router in
                router.clientStream(method) { requests, _ in
                    try await gate.pass()
                    return EchoResponse(count: try await requests.reduce(0) { count, _ in count + 1 })
                }
            }
        ) { fixture in
            let call = Task {
                try await fixture.client.clientStream(method) { requests in
                    for _ in 0..<total {
                        try await requests.write(EchoRequest(payload: Self.payload))
                        written.add()
                    }
                }
            }
            try await eventually("the credit is used") { written.count == credit.fits }
            for _ in 0..<100 { _ = try await fixture.echo.get(EchoRequest()) }
            #expect(written.count == credit.fits)
            gate.open()
            #expect(try await call.value.count == UInt32(total))
        }
    }

    @Test(arguments: TransportKind.allCases) func `With the smallest credit streams of every kind still complete`(transport: TransportKind)
        async throws
    {
        try await transport.with { endpoint in
            try await EchoFixture.with(
                endpoint,
                server: {
                    if transport == .tcp { $0.security = .insecureLoopback }
                    $0.connection.initialCreditMessages = 1
                    $0.connection.initialCreditBytes = 1
                },
                client: {
                    $0.connection.initialCreditMessages = 1
                    $0.connection.initialCreditBytes = 1
                }
            ) { fixture in
                let expanded = try await fixture.echo.expand(EchoRequest(text: "xyz", count: 100)) {
                    try await $0.reduce(0) { count, _ in count + 1 }
                }
                #expect(expanded == 100)
                let collected = try await fixture.echo.collect { for _ in 0..<100 { try await $0.write(EchoRequest(text: "abc")) } }
                #expect(collected.count == 100)
                let chatted = try await fixture.echo.chat { requests, responses in
                    async let sent: Void = {
                        for number in 0..<100 { try await requests.write(EchoRequest(count: UInt32(number))) }
                        requests.finish()
                    }()
                    let count = try await responses.reduce(0) { count, _ in count + 1 }
                    try await sent
                    return count
                }
                #expect(chatted == 100)
                #expect(fixture.malformed(fixture.serverMetrics).isEmpty && fixture.malformed(fixture.clientMetrics).isEmpty)
            }
        }
    }

    @Test(arguments: [InProcessNetwork.Direction.toServer, .toClient])
    func `A message that is lost on the way is DATA_LOSS and counted as a gap`(direction: InProcessNetwork.Direction) async throws {
        let name = "\(UInt64.random(in: 0 ... .max))"
        let seen = Tally()
        InProcessNetwork.setFilter(name) { way, frame in
            guard way == direction, let header = try? frame.withUnsafeBytes({ try Header.decode(frame: $0) }), header.kind == .message
            else {
                return .deliver
            }
            return seen.add() == 5 ? .drop : .deliver
        }
        defer { InProcessNetwork.setFilter(name, nil) }
        try await EchoFixture.with(Endpoint("inproc://\(name)")) { fixture in
            let error = try await failure {
                if direction == .toServer {
                    _ = try await fixture.echo.collect { for _ in 0..<20 { try await $0.write(EchoRequest()) } }
                } else {
                    try await fixture.echo.expand(EchoRequest(count: 20)) { for try await _ in $0 {} }
                }
            }
            #expect(error.code == .dataLoss)
            let receiver = direction == .toServer ? fixture.serverMetrics : fixture.clientMetrics
            #expect(receiver.value("rdrec_transport_stream_gaps_total") == 1)
            #expect(fixture.malformed(receiver) == ["sequence": 1])
            try await fixture.expectIdle()
        }
    }

    @Test(arguments: [InProcessNetwork.Direction.toServer, .toClient])
    func `The loss of the last message is seen too`(direction: InProcessNetwork.Direction) async throws {
        let name = "\(UInt64.random(in: 0 ... .max))"
        let seen = Tally()
        InProcessNetwork.setFilter(name) { way, frame in
            guard way == direction, let header = try? frame.withUnsafeBytes({ try Header.decode(frame: $0) }), header.kind == .message
            else {
                return .deliver
            }
            return seen.add() == 10 ? .drop : .deliver
        }
        defer { InProcessNetwork.setFilter(name, nil) }
        try await EchoFixture.with(Endpoint("inproc://\(name)")) { fixture in
            let error = try await failure {
                if direction == .toServer {
                    _ = try await fixture.echo.collect { for _ in 0..<10 { try await $0.write(EchoRequest()) } }
                } else {
                    try await fixture.echo.expand(EchoRequest(count: 10)) { for try await _ in $0 {} }
                }
            }
            #expect(error.code == .dataLoss)
        }
    }

    @Test func `Two writers of one stream lose and repeat nothing`() async throws {
        try await EchoFixture.with(server: { $0.connection.initialCreditMessages = 3 }) { fixture in
            let reply = try await fixture.echo.collect { requests in
                try await withThrowingTaskGroup { group in
                    for writer in 0..<2 {
                        group.addTask { for number in 0..<200 { try await requests.write(EchoRequest(text: "\(writer)-\(number)")) } }
                    }
                    try await group.waitForAll()
                }
            }
            let texts = reply.text.split(separator: " ").map(String.init)
            #expect(texts.count == 400)
            for writer in 0..<2 {
                #expect(texts.filter { $0.hasPrefix("\(writer)-") } == (0..<200).map { "\(writer)-\($0)" }, "each writer's order is kept")
            }
        }
    }

    @Test func `A message over the receiver's frame limit fails its write and nothing else`() async throws {
        try await EchoFixture.with(server: { $0.connection.maxFrameBytes = 1_024 }) { fixture in
            let reply = try await fixture.echo.collect { requests in
                try await requests.write(EchoRequest(text: "before"))
                let error = try await failure { try await requests.write(EchoRequest(payload: [UInt8](repeating: 0, count: 2_000))) }
                #expect(error.code == .resourceExhausted && error.message.contains("max_frame_bytes"))
                try await requests.write(EchoRequest(text: "after"))
            }
            #expect(reply.text == "before after")
        }
    }

    @Test func `A cancelled writer gives its place to the next`() async throws {
        let gate = Gate()
        let method = testMethod("Drink", .clientStream)
        try await EchoFixture.with(
            server: { $0.connection.initialCreditMessages = 1 },
            register: { router in
                router.clientStream(method) { requests, _ in
                    try await gate.pass()
                    var texts: [String] = []
                    for try await request in requests { texts.append(request.text) }
                    return EchoResponse(text: texts.joined(separator: " "))
                }
            }
        ) { fixture in
            let reply = try await fixture.client.clientStream(method) { requests in
                try await requests.write(EchoRequest(text: "first"))
                let given = Task { try await requests.write(EchoRequest(text: "never")) }
                given.cancel()
                #expect(await code { try await given.value } == .cancelled)
                gate.open()
                try await requests.write(EchoRequest(text: "second"))
            }
            #expect(reply.text == "first second")
        }
    }
}
