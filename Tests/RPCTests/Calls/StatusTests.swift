import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// What a handler throws and what its caller catches: PROTOCOL.md 3 and 7.
@Suite(.timeLimit(.minutes(1))) struct StatusTests {
    private struct Secret: Error { let word = "hunter2" }

    /// Runs a unary handler and gives the error it ends with.
    private func failure(throwing error: @escaping @Sendable () -> any Error, kind: CallKind = .unary) async throws -> RPCError {
        let method = testMethod("Fail", kind)
        return try await EchoFixture.with(register: { router in
            switch kind {
            case .unary: router.unary(method) { _, _ in throw error() }
            case .serverStream: router.serverStream(method) { _, _, _ in throw error() }
            case .clientStream: router.clientStream(method) { _, _ in throw error() }
            case .bidirectional: router.bidirectional(method) { _, _, _ in throw error() }
            }
        }) { fixture in
            let client = fixture.client
            return try await RPCTests.failure {
                switch kind {
                case .unary: _ = try await client.unary(method, EchoRequest())
                case .serverStream: try await client.serverStream(method, EchoRequest()) { for try await _ in $0 {} }
                case .clientStream: _ = try await client.clientStream(method) { _ in }
                case .bidirectional: try await client.bidirectional(method) { _, responses in for try await _ in responses {} }
                }
            }
        }
    }

    @Test(arguments: StatusCode.allCases.dropFirst(), CallKind.allCases)
    func `Every code arrives with its message, details and trailers`(code: StatusCode, kind: CallKind) async throws {
        let sent = RPCError(
            code, "because of \(code)", details: [Detail(type: "x.Y", value: [1, 2, 0, 255]), Detail(type: "x.Z")],
            metadata: [Metadata(key: "why-not", value: [0, 1]), Metadata(key: "why-not", value: [2])])
        #expect(try await failure(throwing: { sent }, kind: kind) == sent)
    }

    @Test func `A reply carries the trailers that its handler and interceptors added`() async throws {
        let method = testMethod("Trail")
        try await EchoFixture.with(register: { router in
            router.unary(method) { _, call in
                call.addTrailer("served-by", "w-1")
                call.addTrailer("served-by", "w-2")
                return EchoResponse()
            }
        }) { fixture in
            let trailers = try await fixture.client.unaryReply(method, EchoRequest()).trailers
            #expect(trailers == [Metadata(key: "served-by", value: Array("w-2".utf8))])
        }
    }

    @Test(arguments: CallKind.allCases) func `What an unknown error says stays inside the process`(kind: CallKind) async throws {
        let error = try await failure(throwing: { Secret() }, kind: kind)
        #expect(error.code == .unknown)
        #expect(!"\(error)".contains("hunter2") && !"\(error)".contains("Secret"))
    }

    @Test func `A handler that gives up because it was cancelled ends CANCELLED`() async throws {
        #expect(try await failure(throwing: { CancellationError() }).code == .cancelled)
    }

    @Test func `A handler cannot fail with success`() async throws {
        let error = try await failure(throwing: { RPCError(.ok, "all is well") })
        #expect(error.code == .unknown)
    }

    @Test(arguments: ["x", "é", "€", "👍"]) func `A message is cut to 4,096 bytes between characters`(character: String) async throws {
        for lead in 0..<4 {
            let long = String(repeating: "a", count: lead) + String(repeating: character, count: 5_000)
            let error = try await failure(throwing: { RPCError(.aborted, long) })
            #expect(error.code == .aborted)
            let bytes = error.message.utf8.count
            #expect(bytes <= 4_096 && bytes > 4_096 - 8)
            #expect(long.hasPrefix(error.message))
        }
    }

    @Test func `A message of exactly 4,096 bytes is not cut`() async throws {
        let text = String(repeating: "a", count: 4_096)
        #expect(try await failure(throwing: { RPCError(.aborted, text) }).message == text)
    }

    @Test func `Details over 8,192 bytes together are left out, and those that fit stay`() async throws {
        let details = [4_000, 5_000, 4_000, 500].map { Detail(type: "t", value: [UInt8](repeating: 1, count: $0)) }
        let error = try await failure(throwing: { RPCError(.aborted, "m", details: details) })
        #expect(error.code == .aborted && error.message == "m")
        #expect(error.details.map(\.value.count) == [4_000, 4_000])
        let exact = Detail(type: "type", value: [UInt8](repeating: 1, count: 8_188))
        #expect(try await failure(throwing: { RPCError(.aborted, "m", details: [exact]) }).details == [exact])
    }

    @Test func `A status that cannot be written as it is still ends the call`() async throws {
        let nul = try await failure(throwing: { RPCError(.aborted, "a\0b") })
        #expect(nul.code == .aborted && !nul.message.contains("\0"))
        let badKey = try await failure(throwing: { RPCError(.aborted, "m", metadata: [Metadata(key: "a\0b")]) })
        #expect(badKey.code == .aborted && badKey.metadata.isEmpty)
        let badType = try await failure(throwing: { RPCError(.aborted, "m", details: [Detail(type: "a\0b"), Detail(type: "c")]) })
        #expect(badType.code == .aborted && badType.details.map(\.type) == ["c"])
        let many = (0..<16_000).map { _ in Metadata(key: "k") }
        let crowded = try await failure(throwing: { RPCError(.aborted, "m", metadata: many) })
        #expect(crowded.code == .aborted && crowded.metadata.isEmpty)
    }

    @Test func `Metadata that the caller does not take is left out of a failure`() async throws {
        let large = [Metadata(key: "k", value: [UInt8](repeating: 1, count: 20_000))]
        let error = try await failure(throwing: { RPCError(.aborted, "m", metadata: large) })
        #expect(error.code == .aborted && error.metadata.isEmpty)
    }
}
