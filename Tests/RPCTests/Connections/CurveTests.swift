import EchoProtos
import Foundation
import Prometheus
import RPC
import Testing
import Transport
import Wire

/// Keys decide who comes in, over TCP: PROTOCOL.md 9.
@Suite(.timeLimit(.minutes(1))) struct CurveTests {
    private let serverKeys = KeyPair.generate()
    private let alice = KeyPair.generate()
    private let bob = KeyPair.generate()

    /// A server with an allow-list in a file, that the test may change.
    private func with(
        _ list: String, interceptors: [any ServerInterceptor] = [], register: (inout Router) -> Void = { _ in },
        _ body: (RPCServer, Endpoint, AllowListSource, String, PrometheusRegistry) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/allow-list"
            try write(list, to: path)
            let allowList = try AllowListSource(file: path)
            let loop = SocketThread(name: "server-io")
            defer { loop.close() }
            var configuration = ServerConfiguration(endpoints: [try Endpoint("tcp://127.0.0.1:0")])
            configuration.security = .curve(keys: serverKeys, allowList: allowList)
            var router = Router()
            EchoHandlers().register(in: &router)
            register(&router)
            let metrics = PrometheusRegistry()
            let server = try RPCServer(
                configuration, router: router, interceptors: interceptors, loop: loop, logger: quietLogger, metrics: metrics)
            // Its own test at start-up, that a stranger is refused, is part of it.
            let endpoint = try await server.start()[0]
            do {
                try await body(server, endpoint, allowList, path, metrics)
                await server.shutdown()
            } catch {
                await server.shutdown()
                throw error
            }
        }
    }

    private func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private func security(_ keys: KeyPair, server: PublicKey? = nil) -> (inout ClientConfiguration) -> Void {
        {
            $0.security = .curve(server: server ?? serverKeys.publicKey, keys: keys)
            $0.retry.maxAttempts = 1
            $0.connection.backoff.initial = .milliseconds(5)
            $0.connection.backoff.maximum = .milliseconds(50)
        }
    }

    @Test func `A key of the list comes in under its name and with its roles`() async throws {
        let rights = AuthorizationInterceptor(rules: [EchoMethods.put.path: [.admin]], fallback: [.client, .worker])
        let list = "\(alice.publicKey) alice client admin\n\(bob.publicKey) bob worker\n"
        try await with(list, interceptors: [rights]) { _, endpoint, _, _, _ in
            try await withClient(endpoint, security(alice)) { client, _ async throws in
                #expect(try await EchoClient(client).get(EchoRequest()).peer == "alice")
                #expect(try await EchoClient(client).put(EchoRequest()).peer == "alice")
            }
            try await withClient(endpoint, security(bob)) { client, _ async throws in
                #expect(try await EchoClient(client).get(EchoRequest()).peer == "bob")
                let error = try await failure { _ = try await EchoClient(client).put(EchoRequest()) }
                #expect(error.code == .permissionDenied && error.message.contains("bob") && error.message.contains("admin"))
            }
        }
    }

    @Test func `A key that nobody knows is UNAUTHENTICATED, soon, and counted`() async throws {
        try await with("\(alice.publicKey) alice client\n") { _, endpoint, _, _, metrics in
            let before = metrics.value("rdrec_transport_denied_auth_total")
            try await withClient(endpoint, security(bob)) { client, _ async throws in
                let begin = MonotonicTime.now()
                #expect(await code { try await EchoClient(client).get(EchoRequest()) } == .unauthenticated)
                #expect((MonotonicTime.now() - begin).seconds < 5, "sooner than the connect timeout")
                #expect(metrics.value("rdrec_transport_denied_auth_total") > before)
            }
        }
    }

    @Test func `A server that is not the one expected gets no call`() async throws {
        try await with("\(alice.publicKey) alice client\n") { _, endpoint, _, _, metrics in
            try await withClient(
                endpoint,
                {
                    security(alice, server: bob.publicKey)(&$0)
                    $0.connection.connectTimeout = .seconds(2)
                }
            ) { client, _ async throws in
                let code = await code { try await EchoClient(client).get(EchoRequest()) }
                #expect(code == .unauthenticated || code == .unavailable)
            }
            #expect(metrics.value("grpc_server_started_total") == 0)
        }
    }

    @Test func `A key that is taken from the list loses its connection, and a changed one its roles`() async throws {
        let gate = Gate()
        let held = testMethod("Held")
        let rights = AuthorizationInterceptor(rules: [EchoMethods.put.path: [.admin]], fallback: [.client])
        let list = "\(alice.publicKey) alice client\n\(bob.publicKey) bob client admin\n"
        try await with(
            list, interceptors: [rights],
            register: { router in
                router.unary(held) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { server, endpoint, allowList, path, _ in
            try await withClient(endpoint, security(alice)) { alices, _ in
                try await withClient(endpoint, security(bob)) { bobs, _ in
                    let open = Task { try await alices.unary(held, EchoRequest()) }
                    try await eventually("it is open") { gate.arrived == 1 }
                    _ = try await EchoClient(bobs).put(EchoRequest())

                    try write("\(bob.publicKey) bob client\n", to: path)
                    #expect(try allowList.reload() == [alice.publicKey])
                    server.identitiesChanged()
                    let error = try await failure { _ = try await open.value }
                    #expect(error.code == .unauthenticated && error.message.contains("allow-list"))
                    try await eventually("the handler is told") { gate.cancelled == 1 }
                    #expect(await code { try await EchoClient(alices).get(EchoRequest()) } == .unauthenticated)
                    #expect(await code { try await EchoClient(bobs).put(EchoRequest()) } == .permissionDenied)
                    _ = try await EchoClient(bobs).get(EchoRequest())

                    try write(list, to: path)
                    try allowList.reload()
                    server.identitiesChanged()
                    let options = CallOptions(timeout: .seconds(30), waitForReady: true)
                    #expect(try await EchoClient(alices).get(EchoRequest(), options: options).peer == "alice")
                    _ = try await EchoClient(bobs).put(EchoRequest())
                }
            }
        }
    }

    @Test func `A client without a key gets nowhere`() async throws {
        try await with("\(alice.publicKey) alice client\n") { _, endpoint, _, _, metrics in
            try await withClient(endpoint, { $0.connection.connectTimeout = .seconds(2) }) { client, _ async throws in
                let code = await code { try await EchoClient(client).put(EchoRequest()) }
                #expect(code == .unauthenticated || code == .unavailable)
            }
            #expect(metrics.value("grpc_server_started_total") == 0)
        }
    }

    @Test func `A server listens beyond this machine only with CURVE`() throws {
        let loop = SocketThread(name: "server-io")
        defer { loop.close() }
        for security in [ServerSecurity.none, .insecureLoopback] {
            var configuration = ServerConfiguration(endpoints: [try Endpoint("tcp://0.0.0.0:0")])
            configuration.security = security
            #expect(throws: SecurityError.self) {
                try RPCServer(configuration, router: Router(), loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
            }
        }
    }

    @Test func `Streams and large messages pass through CURVE`() async throws {
        try await with("\(alice.publicKey) alice client\n") { _, endpoint, _, _, _ in
            try await withClient(endpoint, security(alice)) { client, _ async throws in
                let echo = EchoClient(client)
                let large = [UInt8](repeating: 7, count: 1 << 20)
                #expect(try await echo.get(EchoRequest(payload: large)).payload == large)
                #expect(try await echo.collect { for _ in 0..<300 { try await $0.write(EchoRequest()) } }.count == 300)
                let count = try await echo.expand(EchoRequest(count: 300)) { try await $0.reduce(0) { count, _ in count + 1 } }
                #expect(count == 300)
            }
        }
    }
}
