import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// What a client does with a server that breaks the rules: PROTOCOL.md 6.3, 6.6 and 8.
@Suite(.timeLimit(.minutes(1))) struct ServerFaultTests {
    /// A server that answers HELLO properly and everything else as `script` says, and a client of it.
    private func with(
        client configure: (inout ClientConfiguration) -> Void = { _ in },
        script: @escaping @Sendable (RawServer, RawServer.Received) -> Void,
        _ body: (EchoClient, RawServer, PrometheusReader) async throws -> Void
    ) async throws {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await RawServer.with(
            endpoint,
            script: { server, message in
                if message.header.kind == .hello { server.welcome(message) } else { script(server, message) }
            }
        ) { server in
            try await withClient(endpoint, configure) { client, metrics in
                try await body(EchoClient(client), server, PrometheusReader(metrics))
                try await eventually("calls leaked") { await client.openCalls() == 0 }
            }
        }
    }

    private static func status(_ message: RawServer.Received, _ code: StatusCode = .ok, count: UInt64 = 0) -> Header {
        Header(kind: .status, epoch: message.header.epoch, callID: message.header.callID, status: code.rawValue, messageCount: count)
    }

    private static func response(_ message: RawServer.Received, _ sequence: UInt64) -> Header {
        Header(kind: .message, epoch: message.header.epoch, callID: message.header.callID, sequence: sequence)
    }

    /// Reads a stream to its end, against a server that answers CALL with `answer`.
    private func streamFailure(
        client configure: (inout ClientConfiguration) -> Void = { _ in },
        _ answer: @escaping @Sendable (RawServer, RawServer.Received) -> Void
    ) async throws -> (error: RPCError, malformed: [String: Int], cancelled: Bool) {
        let cancels = Journal<UInt64>()
        var found: (RPCError, [String: Int])?
        try await with(
            client: configure,
            script: { server, message in
                if message.header.kind == .call { answer(server, message) }
                if message.header.kind == .cancel { cancels.note(message.header.callID) }
            }
        ) { echo, _, metrics in
            let error = try await failure { try await echo.expand(EchoRequest()) { for try await _ in $0 {} } }
            found = (error, metrics.malformed)
        }
        let (error, malformed) = try #require(found)
        // The client has closed: what it had sent before has come.
        return (error, malformed, !cancels.entries.isEmpty)
    }

    @Test func `A gap in the responses is DATA_LOSS, and the server is told to stop`() async throws {
        let outcome = try await streamFailure { server, call in
            server.send(Self.response(call, 0), to: call.peer)
            server.send(Self.response(call, 2), to: call.peer)
        }
        #expect(outcome.error.code == .dataLoss && outcome.malformed == ["sequence": 1] && outcome.cancelled)
    }

    @Test func `A success whose count disagrees is DATA_LOSS`() async throws {
        let outcome = try await streamFailure { server, call in
            server.send(Self.response(call, 0), to: call.peer)
            server.send(Self.status(call, count: 2), to: call.peer)
        }
        #expect(outcome.error.code == .dataLoss && outcome.malformed == ["sequence": 1])
    }

    @Test func `A failure is believed whatever its count`() async throws {
        let outcome = try await streamFailure { $0.send(Self.status($1, .aborted, count: 9), to: $1.peer) }
        #expect(outcome.error.code == .aborted && outcome.malformed.isEmpty && !outcome.cancelled)
    }

    @Test func `A response without credit is RESOURCE_EXHAUSTED`() async throws {
        let outcome = try await streamFailure(client: { $0.connection.initialCreditBytes = 10 }) { server, call in
            // The reader grants as it reads, and may grant for one before the next comes; it does not for each of two hundred at once.
            for number in 0..<200 {
                server.send(Self.response(call, UInt64(number)), payload: [0x0a, 8] + Array("12345678".utf8), to: call.peer)
            }
        }
        #expect(outcome.error.code == .resourceExhausted && outcome.malformed == ["credit": 1] && outcome.cancelled)
    }

    @Test func `A response over the client's frame limit is RESOURCE_EXHAUSTED`() async throws {
        let outcome = try await streamFailure(client: { $0.connection.maxFrameBytes = 1_024 }) { server, call in
            server.send(Self.response(call, 0), payload: [UInt8](repeating: 0, count: 1_025), to: call.peer)
        }
        #expect(outcome.error.code == .resourceExhausted && outcome.error.message.contains("max_frame_bytes"))
        #expect(outcome.malformed == ["frame_bytes": 1] && outcome.cancelled)
    }

    @Test func `A response that does not unpack is INTERNAL, and the server is told to stop`() async throws {
        let outcome = try await streamFailure { $0.send(Self.response($1, 0), payload: [0x0a, 1, 0xff], to: $1.peer) }
        #expect(outcome.error.code == .internal && outcome.error.message.contains("EchoResponse"))
        #expect(outcome.malformed == ["payload": 1] && outcome.cancelled)
    }

    @Test func `A reply that does not unpack is INTERNAL and counted`() async throws {
        try await with(script: { server, message in
            if message.header.kind == .call { server.send(Self.status(message), payload: [0x0a, 1, 0xff], to: message.peer) }
        }) { echo, _, metrics in
            #expect(await code { try await echo.put(EchoRequest()) } == .internal)
            try await eventually("it is counted") { metrics.malformed == ["payload": 1] }
        }
    }

    @Test func `A reply over the client's frame limit is RESOURCE_EXHAUSTED`() async throws {
        try await with(
            client: { $0.connection.maxFrameBytes = 1_024 },
            script: { server, message in
                guard message.header.kind == .call else { return }
                server.send(Self.status(message), payload: [UInt8](repeating: 0, count: 1_025), to: message.peer)
            }
        ) { echo, _, metrics in
            #expect(await code { try await echo.put(EchoRequest()) } == .resourceExhausted)
            #expect(metrics.malformed == ["frame_bytes": 1])
        }
    }

    @Test func `A message where the response does not stream is INTERNAL`() async throws {
        try await with(script: { server, message in
            if message.header.kind == .call { server.send(Self.response(message, 0), to: message.peer) }
        }) { echo, _, _ in #expect(await code { try await echo.put(EchoRequest()) } == .internal) }
    }

    @Test func `Trailers that break a rule end the call INTERNAL`() async throws {
        try await with(script: { server, message in
            guard message.header.kind == .call else { return }
            var status = Self.status(message)
            status.metadata = [Metadata(key: "Bad Key")]
            server.send(status, to: message.peer)
        }) { echo, _, metrics in
            #expect(await code { try await echo.put(EchoRequest()) } == .internal)
            #expect(metrics.malformed == ["metadata": 1])
        }
    }

    @Test func `A code that gRPC does not know is UNKNOWN`() async throws {
        try await with(script: { server, message in
            guard message.header.kind == .call else { return }
            var status = Self.status(message)
            status.status = 4_711
            server.send(status, to: message.peer)
        }) { echo, _, _ in #expect(await code { try await echo.put(EchoRequest()) } == .unknown) }
    }

    @Test func `Only the first status counts, and answers of other epochs and calls are dropped`() async throws {
        try await with(script: { server, message in
            guard message.header.kind == .call else { return }
            var foreign = Self.status(message, .aborted)
            foreign.epoch &+= 1
            server.send(foreign, to: message.peer)
            var other = Self.status(message, .aborted)
            other.callID += 1_000
            server.send(other, to: message.peer)
            server.send(Self.status(message), payload: [0x0a, 1, 0x78], to: message.peer)
            server.send(Self.status(message, .aborted), to: message.peer)
        }) { echo, _, metrics in
            for _ in 0..<3 {
                let reply = try await echo.put(EchoRequest())
                #expect(reply.text == "x")
            }
            #expect(metrics.malformed == ["epoch": 3])
        }
    }

    @Test(arguments: [Kind.hello, .call, .halfClose, .cancel, .unspecified, Kind(rawValue: 55)])
    func `A message that no server may send ends the connection, and the next call gets a new one`(kind: Kind) async throws {
        let hellos = Journal<UInt64>()
        let byes = Journal<UInt32>()
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await RawServer.with(
            endpoint,
            script: { server, message in
                switch message.header.kind {
                case .hello:
                    hellos.note(message.header.epoch)
                    server.welcome(message)
                case .call where hellos.entries.count == 1:
                    server.send(Header(kind: kind, epoch: message.header.epoch, callID: message.header.callID), to: message.peer)
                case .call: server.send(Self.status(message), to: message.peer)
                case .bye: byes.note(message.header.status)
                default: break
                }
            }
        ) { _ in
            try await withClient(endpoint, { $0.connection.backoff.initial = .milliseconds(5) }) { client, metrics in
                let error = try await failure { _ = try await EchoClient(client).put(EchoRequest()) }
                #expect(error.code == .internal || error.code == .unavailable)
                #expect(PrometheusReader(metrics).malformed.values.reduce(0, +) == 1)
                _ = try await EchoClient(client).put(EchoRequest(), options: CallOptions(waitForReady: true))
            }
            #expect(Set(hellos.entries).count == 2, "each attempt has an epoch of its own")
            #expect(byes.entries.first == StatusCode.internal.rawValue)
        }
    }

    @Test(arguments: [Kind.status, .message, .credit]) func `What belongs to a call and comes before HELLO ends the attempt`(kind: Kind)
        async throws
    {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await RawServer.with(
            endpoint,
            script: { server, message in
                if message.header.kind == .hello {
                    server.send(Header(kind: kind, epoch: message.header.epoch, callID: 1), to: message.peer)
                }
            }
        ) { _ in
            try await withClient(endpoint) { client, metrics in
                let error = try await failure { _ = try await EchoClient(client).put(EchoRequest()) }
                #expect(error.code == .internal)
                #expect(Array(PrometheusReader(metrics).malformed.keys) == ["state"])
            }
        }
    }

    @Test(arguments: [StatusCode.unauthenticated, .resourceExhausted, .unimplemented])
    func `A server that refuses the connection tells the waiting calls why`(refusal: StatusCode) async throws {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await RawServer.with(
            endpoint,
            script: { server, message in
                guard message.header.kind == .hello else { return }
                let bye = Header(kind: .bye, epoch: message.header.epoch, status: refusal.rawValue, statusMessage: "not you")
                server.send(bye, to: message.peer)
            }
        ) { _ in
            try await withClient(endpoint) { client, _ in
                let error = try await failure { _ = try await EchoClient(client).put(EchoRequest()) }
                #expect(error.code == refusal && error.message.contains("not you"))
            }
        }
    }

    @Test func `A server that does not answer HELLO is given up after the connect timeout`() async throws {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await RawServer.with(endpoint, script: { _, _ in }) { _ in
            try await withClient(endpoint, { $0.connection.connectTimeout = .milliseconds(30) }) { client, _ in
                let error = try await failure { _ = try await EchoClient(client).put(EchoRequest()) }
                #expect(error.code == .unavailable && error.message.contains("no answer"))
            }
        }
    }
}
