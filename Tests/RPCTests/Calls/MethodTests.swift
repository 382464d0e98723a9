import EchoProtos
import Prometheus
import RPC
import Testing
import Transport
import Wire

/// Calls that do not fit what is served.
@Suite(.timeLimit(.minutes(1))) struct MethodTests {
    @Test(arguments: CallKind.allCases) func `A method that nobody serves is UNIMPLEMENTED, and its name is not a new series`(
        kind: CallKind
    ) async throws {
        try await EchoFixture.with { fixture in
            let method = testMethod("Nobody\(UInt64.random(in: 0 ... .max))", kind)
            let error = try await failure {
                switch kind {
                case .unary: _ = try await fixture.client.unary(method, EchoRequest())
                case .serverStream: try await fixture.client.serverStream(method, EchoRequest()) { for try await _ in $0 {} }
                case .clientStream: _ = try await fixture.client.clientStream(method) { try await $0.write(EchoRequest()) }
                case .bidirectional: try await fixture.client.bidirectional(method) { _, responses in for try await _ in responses {} }
                }
            }
            #expect(error.code == .unimplemented)
            #expect(error.message.contains(method.path))
            let unknown = fixture.serverMetrics.value(
                "grpc_server_handled_total", "grpc_method=\"unknown\"", "grpc_code=\"UNIMPLEMENTED\"")
            #expect(unknown == 1)
            #expect(!fixture.serverMetrics.render().contains("Nobody"))
            try await fixture.expectIdle()
        }
    }

    @Test func `A unary call of a method that streams its responses ends INTERNAL on the caller's side`() async throws {
        try await EchoFixture.with { fixture in
            let wrong = Method<EchoRequest, EchoResponse>(
                info: MethodInfo(
                    service: EchoMethods.expand.info.service, name: EchoMethods.expand.info.name, kind: .unary, idempotency: .unknown,
                    requestType: "", responseType: ""))
            let error = try await failure { _ = try await fixture.client.unary(wrong, EchoRequest(count: 1_000)) }
            #expect(error.code == .internal)
            try await fixture.expectIdle()
        }
    }

    @Test func `A request in CALL where requests stream ends INTERNAL`() async throws {
        try await EchoFixture.with { fixture in
            let wrong = Method<EchoRequest, EchoResponse>(
                info: MethodInfo(
                    service: EchoMethods.collect.info.service, name: EchoMethods.collect.info.name, kind: .unary, idempotency: .unknown,
                    requestType: "", responseType: ""))
            let error = try await failure { _ = try await fixture.client.unary(wrong, EchoRequest(text: "x")) }
            #expect(error.code == .internal)
            #expect(fixture.begun == 0)
            #expect(fixture.malformed(fixture.serverMetrics) == ["payload": 1])
        }
    }

    @Test func `A stream of requests to a method that takes one ends INTERNAL`() async throws {
        let gate = Gate()
        let served = testMethod("One")
        try await EchoFixture.with(register: { router in
            router.unary(served) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
        }) { fixture in
            let error = try await failure {
                try await fixture.client.bidirectional(testMethod("One", .bidirectional)) { requests, responses in
                    try await requests.write(EchoRequest())
                    for try await _ in responses {}
                }
            }
            #expect(error.code == .internal)
            #expect(fixture.malformed(fixture.serverMetrics) == ["half_closed": 1])
            try await fixture.expectIdle()
        }
    }

    @Test(arguments: ["", "Upper", "sp ace", "a\u{e9}", String(repeating: "k", count: 65)])
    func `A metadata key that the protocol does not allow is refused with its name`(key: String) async throws {
        try await EchoFixture.with { fixture in
            let error = try await failure {
                _ = try await fixture.echo.get(EchoRequest(), options: CallOptions(metadata: [Metadata(key: key)]))
            }
            #expect(error.code == .internal)
            #expect(error.message.contains("metadata key"))
            #expect(try await fixture.echo.get(EchoRequest(text: "after")).text == "after")
        }
    }

    @Test func `Metadata over the server's limit is refused with the limit's name`() async throws {
        try await EchoFixture.with(server: { $0.connection.maxMetadataBytes = 100 }) { fixture in
            func call(_ bytes: Int) async throws -> EchoResponse {
                let metadata = [Metadata(key: "0123456789", value: [UInt8](repeating: 1, count: bytes - 10))]
                return try await fixture.echo.put(EchoRequest(), options: CallOptions(metadata: metadata))
            }
            _ = try await call(100)
            let error = try await failure { _ = try await call(101) }
            #expect(error.code == .resourceExhausted)
            #expect(error.message.contains("max_metadata_bytes"))
        }
    }

    @Test func `Metadata of very many entries gives an error that says so`() async throws {
        try await EchoFixture.with { fixture in
            let many = (0..<16_000).map { _ in Metadata(key: "k") }
            let error = try await failure { _ = try await fixture.echo.put(EchoRequest(), options: CallOptions(metadata: many)) }
            #expect(error.code == .resourceExhausted)
            #expect(try await fixture.echo.get(EchoRequest(text: "after")).text == "after")
        }
    }
}
