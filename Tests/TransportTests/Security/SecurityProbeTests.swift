import CZeroMQ
import Testing
import Transport

@Suite struct SecurityProbeTests {
    private func probe(_ server: ProbedServer, key: PublicKey? = nil, timeout: Duration = .seconds(20)) throws(SecurityError) {
        try SecurityProbe.run(endpoint: server.endpoint, server: key ?? server.keys.publicKey, timeout: timeout)
    }

    @Test(arguments: ["tcp://127.0.0.1:*", "tcp://*:*", "tcp://localhost:0"], [false, true])
    func `A server that refuses strangers passes, wherever it is bound`(text: String, ipv6: Bool) throws {
        let server = try ProbedServer(.proper(AllowList()), bind: text, ipv6: ipv6)
        try probe(server)
        try probe(server)
    }

    @Test func `A server that admits anybody does not pass`() throws {
        let server = try ProbedServer(.curveAlone(.generate()))
        let error = try #require(throws: SecurityError.self) { try probe(server) }
        #expect(error.code == .probe && error.place == server.endpoint.description)
        #expect(error.message.contains("anybody: it must not start"))
    }

    @Test func `A handler that lets everybody in does not pass`() throws {
        let server = try ProbedServer(.handler(status: "200"))
        let error = try #require(throws: SecurityError.self) { try probe(server) }
        #expect(error.message.contains("must not start"))
    }

    @Test func `A handler that fails does not pass`() throws {
        let server = try ProbedServer(.handler(status: "500"))
        let error = try #require(throws: SecurityError.self) { try probe(server) }
        #expect(error.message.contains("with 500"))
    }

    @Test func `A handler that never answers does not pass, and the probe ends in time`() throws {
        let server = try ProbedServer(.silent)
        let start = ContinuousClock.now
        let error = try #require(throws: SecurityError.self) { try probe(server, timeout: .milliseconds(300)) }
        #expect(error.message.contains("no answer within"))
        #expect(ContinuousClock.now - start >= .milliseconds(300))
    }

    @Test func `A domain without a handler, another key and no CURVE do not pass`() throws {
        let noHandler = try ProbedServer(.noHandler)
        let proper = try ProbedServer(.proper(AllowList()))
        let open = try ProbedServer(.none)
        for (server, key) in [(noHandler, nil), (proper, KeyPair.generate().publicKey), (open, nil)] {
            let error = try #require(throws: SecurityError.self) { try probe(server, key: key) }
            #expect(error.message.contains("handshake fails before the key is judged"), "\(error)")
        }
    }

    @Test func `Where nobody listens it does not pass`() throws {
        // Bound and closed. Whoever may be given the port by now has another key, and does not pass either.
        let endpoint = try ProbedServer(.none).endpoint
        let error = try #require(throws: SecurityError.self) {
            try SecurityProbe.run(endpoint: endpoint, server: KeyPair.generate().publicKey, timeout: .seconds(20))
        }
        #expect(error.message.contains("before the key is judged"), "\(error)")
    }

    @Test(arguments: ["ipc:///tmp/a.sock", "inproc://a", "tcp://127.0.0.1:0"])
    func `What cannot be connected by CURVE is refused`(text: String) throws {
        let error = try #require(throws: SecurityError.self) {
            try SecurityProbe.run(endpoint: try Endpoint(text), server: KeyPair.generate().publicKey)
        }
        #expect(error.code == .probe && error.place != nil)
    }

    @Test func `A key of the list is admitted by the same server, and its messages carry its user id`() throws {
        let client = KeyPair.generate()
        let list = try AllowList(parsing: Array("\(client.publicKey) a client".utf8), place: "list")
        let server = try ProbedServer(.proper(list))
        try probe(server)

        let context = try #require(zmq_ctx_new())
        defer { zmq_ctx_term(context) }
        let socket = try #require(zmq_socket(context, ZMQ_DEALER))
        defer { zmq_close(socket) }
        var zero: Int32 = 0
        try #require(zmq_setsockopt(socket, ZMQ_LINGER, &zero, 4) == 0)
        try CurveOptions.setClient(socket, server: server.keys.publicKey, keys: client)
        try #require(zmq_connect(socket, server.endpoint.connectText()) == 0)
        try #require(zmq_send(socket, "hello", 5, 0) == 5)

        var limit: Int32 = 20_000
        try #require(zmq_setsockopt(server.socket, ZMQ_RCVTIMEO, &limit, 4) == 0)
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        try #require(zmq_msg_recv(&message, server.socket, 0) > 0)
        try #require(zmq_msg_recv(&message, server.socket, 0) == 5)
        let user = try #require(zmq_msg_gets(&message, "User-Id"))
        #expect(list.peer(userID: String(cString: user))?.name == "a")
    }
}
