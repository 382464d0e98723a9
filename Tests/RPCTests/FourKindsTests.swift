import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// Where a server may listen: each test below holds over every transport.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inProcess, ipc, tcp
    var testDescription: String { rawValue }

    func with<Result>(_ body: (Endpoint) async throws -> Result) async throws -> Result {
        switch self {
        case .inProcess: try await body(Endpoint("inproc://\(UInt64.random(in: 0 ... .max))"))
        case .ipc: try await withTemporaryFolder { try await body(Endpoint("ipc://\($0)/echo.ipc")) }
        case .tcp: try await body(Endpoint("tcp://127.0.0.1:0"))
        }
    }

    func withEcho<Result>(_ body: (EchoFixture) async throws -> Result) async throws -> Result {
        try await with { endpoint in
            try await EchoFixture.with(endpoint, server: { if self == .tcp { $0.security = .insecureLoopback } }, body)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct FourKindsTests {
    @Test(arguments: TransportKind.allCases) func unary(_ transport: TransportKind) async throws {
        try await transport.withEcho { fixture in
            let reply = try await fixture.echo.get(EchoRequest(text: "hello", payload: [1, 2, 3]))
            #expect(reply.text == "hello")
            #expect(reply.payload == [1, 2, 3])
        }
    }

    @Test(arguments: TransportKind.allCases) func serverStream(_ transport: TransportKind) async throws {
        try await transport.withEcho { fixture in
            let counts = try await fixture.echo.expand(EchoRequest(text: "x", count: 1_000)) { responses in
                var counts: [UInt32] = []
                for try await response in responses { counts.append(response.count) }
                return counts
            }
            #expect(counts == Array(0..<1_000))
        }
    }

    @Test(arguments: TransportKind.allCases) func clientStream(_ transport: TransportKind) async throws {
        try await transport.withEcho { fixture in
            let reply = try await fixture.echo.collect { requests in
                for number in 0..<500 { try await requests.write(EchoRequest(text: "\(number)")) }
            }
            #expect(reply.count == 500)
            #expect(reply.text == (0..<500).map(String.init).joined(separator: " "))
        }
    }

    @Test(arguments: TransportKind.allCases) func bidirectional(_ transport: TransportKind) async throws {
        try await transport.withEcho { fixture in
            let texts = try await fixture.echo.chat { requests, responses in
                var texts: [String] = []
                var replies = responses.makeAsyncIterator()
                for number in 0..<200 {
                    try await requests.write(EchoRequest(text: "\(number)"))
                    texts.append(try #require(try await replies.next()).text)
                }
                requests.finish()
                #expect(try await replies.next() == nil)
                return texts
            }
            #expect(texts == (0..<200).map(String.init))
        }
    }

    @Test func emptyStreamsAreStreams() async throws {
        try await TransportKind.inProcess.withEcho { fixture in
            #expect(try await fixture.echo.collect { _ in }.count == 0)
            let count = try await fixture.echo.expand(EchoRequest()) { responses in
                try await responses.reduce(0) { count, _ in count + 1 }
            }
            #expect(count == 0)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func aPayloadOfTheGreatestSizePassesAndOneByteMoreNamesTheLimit(_ transport: TransportKind) async throws {
        try await transport.withEcho { fixture in
            // Beside the payload: 5 bytes of its tag and length, 2 of response_bytes.
            let limit = 4 << 20
            func request(_ count: Int) -> EchoRequest { EchoRequest(payload: [UInt8](repeating: 7, count: count), responseBytes: 1) }
            #expect(try await fixture.echo.get(request(limit - 7)).payload.count == 1)
            let error = try await failure { _ = try await fixture.echo.get(request(limit - 6)) }
            #expect(error.code == .resourceExhausted)
            #expect(error.message.contains("max_frame_bytes"), "\(error)")
            let large = try await failure { _ = try await fixture.echo.get(EchoRequest(responseBytes: UInt32(limit))) }
            #expect(large.code == .resourceExhausted)
            #expect(large.message.contains("max_frame_bytes"), "\(large)")
        }
    }
}
