import EchoProtos
import Locks
import Logging
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(1))) struct InterceptorTests {
    private struct Noting: ServerInterceptor, ClientInterceptor {
        let name: String
        let journal: Journal<String>

        func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {
            journal.note("server \(name) in")
            defer { journal.note("server \(name) out") }
            try await next(call)
        }

        func intercept<Reply>(_ call: ClientCall, next: (ClientCall) async throws -> Reply) async throws -> Reply {
            journal.note("client \(name) in")
            defer { journal.note("client \(name) out") }
            return try await next(call)
        }
    }

    private struct Refusing: ServerInterceptor, ClientInterceptor {
        func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {
            throw RPCError(.failedPrecondition, "not like this")
        }

        func intercept<Reply>(_ call: ClientCall, next: (ClientCall) async throws -> Reply) async throws -> Reply {
            throw RPCError(.failedPrecondition, "not like this")
        }
    }

    private struct Idle: ServerInterceptor {
        func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {}
    }

    @Test func `The first of a list is the outermost, on both sides`() async throws {
        let journal = Journal<String>()
        let all = ["a", "b", "c"].map { Noting(name: $0, journal: journal) }
        try await EchoFixture.with(serverInterceptors: all, clientInterceptors: all) { fixture in
            _ = try await fixture.echo.put(EchoRequest())
        }
        let client = ["client a", "client b", "client c"], server = ["server a", "server b", "server c"]
        let expected =
            (client + server).map { "\($0) in" } + server.reversed().map { "\($0) out" } + client.reversed().map { "\($0) out" }
        #expect(journal.entries == expected)
    }

    @Test(arguments: CallKind.allCases) func `They stand around calls of every kind, and see how each ends`(kind: CallKind) async throws {
        let journal = Journal<String>()
        let noting = Noting(name: "x", journal: journal)
        try await EchoFixture.with(serverInterceptors: [noting], clientInterceptors: [noting]) { fixture in
            switch kind {
            case .unary: _ = try await fixture.echo.put(EchoRequest())
            case .serverStream: try await fixture.echo.expand(EchoRequest(count: 3)) { for try await _ in $0 {} }
            case .clientStream: _ = try await fixture.echo.collect { try await $0.write(EchoRequest()) }
            case .bidirectional:
                try await fixture.echo.chat { requests, responses in
                    requests.finish()
                    for try await _ in responses {}
                }
            }
            try await fixture.expectIdle()
        }
        #expect(journal.entries.sorted() == ["client x in", "client x out", "server x in", "server x out"])
    }

    @Test func `One that refuses keeps the call from the handler`() async throws {
        try await EchoFixture.with(serverInterceptors: [Refusing()]) { fixture in
            #expect(await code { try await fixture.echo.put(EchoRequest()) } == .failedPrecondition)
            #expect(await code { try await fixture.echo.collect { _ in } } == .failedPrecondition)
            #expect(fixture.begun == 0)
        }
        try await EchoFixture.with(clientInterceptors: [Refusing()]) { fixture in
            #expect(await code { try await fixture.echo.put(EchoRequest()) } == .failedPrecondition)
            #expect(fixture.serverMetrics.value("grpc_server_started_total") == 0)
        }
    }

    @Test func `One that neither refuses nor goes on does not leave the caller waiting`() async throws {
        try await EchoFixture.with(serverInterceptors: [Idle()]) { fixture in
            #expect(await code { try await fixture.echo.put(EchoRequest()) } == .internal)
            #expect(await code { try await fixture.echo.expand(EchoRequest(count: 1)) { for try await _ in $0 {} } } == .internal)
            #expect(fixture.begun == 0)
            try await fixture.expectIdle()
        }
    }

    @Test func `Rights go by method, then service, then what is left, and a refusal names the role`() async throws {
        let get = EchoMethods.get.path, service = "/\(EchoMethods.get.info.service)/"
        func codes(_ rules: [String: Set<Role>], fallback: Set<Role>) async throws -> [StatusCode?] {
            try await EchoFixture.with(serverInterceptors: [
                Pretending(roles: [.client]), AuthorizationInterceptor(rules: rules, fallback: fallback),
            ]) { fixture in
                [
                    await code { try await fixture.echo.get(EchoRequest()) }, await code { try await fixture.echo.put(EchoRequest()) },
                    await code { try await HealthClient(fixture.client).check(HealthCheckRequest()) },
                ]
            }
        }
        #expect(try await codes([get: [.client], service: [.admin]], fallback: [.worker]) == [nil, .permissionDenied, .permissionDenied])
        #expect(try await codes([get: [.admin], service: [.client]], fallback: [.worker]) == [.permissionDenied, nil, .permissionDenied])
        #expect(try await codes([get: [.admin, .client]], fallback: [.client, .worker]) == [nil, nil, nil])
        #expect(try await codes([:], fallback: []) == [.permissionDenied, .permissionDenied, .permissionDenied])
        try await EchoFixture.with(serverInterceptors: [Pretending(roles: []), AuthorizationInterceptor(rules: [:], fallback: [.admin])]) {
            let echo = $0.echo
            let error = try await failure { _ = try await echo.put(EchoRequest()) }
            #expect(error.message.contains("admin") && error.message.contains(EchoMethods.put.path))
        }
    }

    /// The same call from somebody else.
    private struct Pretending: ServerInterceptor {
        let roles: Set<Role>
        func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {
            let peer = PeerIdentity(name: "pretender", roles: roles, publicKey: nil)
            try await next(
                ServerCall(method: call.method, metadata: call.metadata, deadline: call.deadline, peer: peer, callID: call.callID))
        }
    }

    @Test func `A trace goes from the client through one server to the next`() async throws {
        let relay = testMethod("Relay")
        try await EchoFixture.with(clientInterceptors: [ClientTracingInterceptor()]) { second in
            let onwards = second.echo
            try await EchoFixture.with(
                serverInterceptors: [ServerTracingInterceptor()], clientInterceptors: [ClientTracingInterceptor()],
                register: { router in
                    router.unary(relay) { _, call in
                        let reply = try await onwards.put(EchoRequest())
                        return EchoResponse(text: call.metadata.text("traceparent") ?? "", traceparent: reply.traceparent)
                    }
                }
            ) { first in
                let root = TraceParent.root()
                var options = CallOptions()
                options.metadata.set("traceparent", root.description)
                let followed = try await first.client.unary(relay, EchoRequest(), options: options)
                #expect(followed.text == root.description, "a caller's own trace is not replaced")
                let end = try #require(TraceParent(followed.traceparent))
                #expect(end.traceID == root.traceID && end.parentID != root.parentID)

                let made = try await first.client.unary(relay, EchoRequest())
                let begin = try #require(TraceParent(made.text)), deep = try #require(TraceParent(made.traceparent))
                #expect(begin.traceID == deep.traceID && begin.parentID != deep.parentID)
                #expect(begin.traceID != root.traceID)
            }
        }
    }

    @Test func `A server begins a trace for a call without one, and tells it`() async throws {
        try await EchoFixture.with(serverInterceptors: [ServerTracingInterceptor()]) { fixture in
            let reply = try await fixture.client.unaryReply(EchoMethods.put, EchoRequest())
            #expect(TraceParent(reply.response.traceparent) != nil)
            #expect(reply.trailers.text("traceparent") == reply.response.traceparent)
            var options = CallOptions()
            options.metadata.set("traceparent", "nonsense")
            #expect(TraceParent(try await fixture.echo.put(EchoRequest(), options: options).traceparent) != nil)
        }
    }

    @Test func `Calls are logged when they end, and louder where the server may be at fault`() async throws {
        let log = CapturedLog()
        let logger = Logger(label: "test") { _ in log.handler }
        try await EchoFixture.with(
            serverInterceptors: [ServerLoggingInterceptor(logger: logger)], clientInterceptors: [ClientLoggingInterceptor(logger: logger)]
        ) { fixture in
            _ = try await fixture.echo.put(EchoRequest())
            for status in [StatusCode.notFound, .internal] {
                _ = await code { try await fixture.echo.put(EchoRequest(text: "because", failStatus: status.rawValue)) }
            }
        }
        let server = log.lines.filter { $0.message == "call ended" }
        #expect(server.map(\.level) == [.debug, .debug, .warning])
        #expect(server.map { $0.metadata["rpc.status"] } == ["OK", "NOT_FOUND", "INTERNAL"])
        #expect(server.map { $0.metadata["rpc.message"] } == [nil, "because", "because"])
        #expect(server.allSatisfy { $0.metadata["rpc.method"] == EchoMethods.put.path && $0.metadata["peer.name"] == "local" })
        let client = log.lines.filter { $0.message == "called" }
        #expect(client.map { $0.metadata["rpc.status"] } == ["OK", "NOT_FOUND", "INTERNAL"])
        #expect(client.allSatisfy { $0.level == .debug })
    }
}
