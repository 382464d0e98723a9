import Testing
import Transport

@Suite struct TransportSecurityTests {
    private enum Kind: CaseIterable { case none, insecure, curve }

    private let keys = KeyPair.generate()

    private func server(_ kind: Kind) -> ServerSecurity {
        switch kind {
        case .none: .none
        case .insecure: .insecureLoopback
        case .curve: .curve(keys: keys, allowList: AllowListSource(AllowList()))
        }
    }

    /// Whether none, insecure and curve are accepted.
    @Test(
        "A server opens nothing that anybody could enter",
        arguments: [
            ("ipc:///run/a.sock", [true, true, false]),
            ("inproc://a", [true, true, false]),
            ("tcp://127.0.0.1:1", [false, true, true]),
            ("tcp://localhost:1", [false, true, true]),
            ("tcp://[::1]:1", [false, true, true]),
            ("tcp://[::ffff:127.0.0.1]:1", [false, true, true]),
            ("tcp://*:1", [false, false, true]),
            ("tcp://0.0.0.0:1", [false, false, true]),
            ("tcp://[::]:1", [false, false, true]),
            ("tcp://10.0.0.1:1", [false, false, true]),
            ("tcp://[::ffff:10.0.0.1]:1", [false, false, true]),
            ("tcp://example.org:1", [false, false, true]),
        ])
    func serverTable(text: String, accepted: [Bool]) throws {
        let endpoint = try Endpoint(text)
        for (kind, accepted) in zip(Kind.allCases, accepted) {
            let security = server(kind)
            if accepted {
                #expect(throws: Never.self) { try security.check(endpoint) }
            } else {
                let error = try #require(throws: SecurityError.self, "\(kind)") { try security.check(endpoint) }
                #expect(error.code == .configuration && error.place == endpoint.description)
                #expect(error.message.contains("--key-file") && error.message.contains("--allow-list"))
            }
        }
    }

    @Test func `The option that allows loopback is named where it would help and nowhere else`() throws {
        let loopback = try #require(throws: SecurityError.self) { try ServerSecurity.none.check(Endpoint("tcp://127.0.0.1:1")) }
        #expect(loopback.message.contains("--insecure"))
        let beyond = try #require(throws: SecurityError.self) { try ServerSecurity.none.check(Endpoint("tcp://*:1")) }
        #expect(!beyond.message.contains("--insecure"))
    }

    @Test(
        "A client tells nothing to a server it does not know",
        arguments: [
            ("ipc:///run/a.sock", true, false), ("inproc://a", true, false), ("tcp://127.0.0.1:1", true, true),
            ("tcp://localhost:1", true, true), ("tcp://10.0.0.1:1", false, true), ("tcp://example.org:1", false, true),
        ])
    func clientTable(text: String, plain: Bool, curve: Bool) throws {
        let endpoint = try Endpoint(text)
        for (security, accepted) in [(ClientSecurity.none, plain), (.curve(server: keys.publicKey, keys: keys), curve)] {
            if accepted {
                #expect(throws: Never.self) { try security.check(endpoint) }
            } else {
                let error = try #require(throws: SecurityError.self) { try security.check(endpoint) }
                #expect(error.place == text && error.message.contains("--server-key") && error.message.contains("--key-file"))
            }
        }
    }

    @Test func `Who sent a message follows from its user id under CURVE, and is local elsewhere`() throws {
        let key = keys.publicKey
        let list = try AllowList(parsing: Array("\(key) a worker".utf8), place: "list")
        let curve = ServerSecurity.curve(keys: keys, allowList: AllowListSource(list))
        #expect(curve.peer(userID: key.text)?.name == "a")
        #expect(curve.peer(userID: nil) == nil)
        #expect(curve.peer(userID: KeyPair.generate().publicKey.text) == nil)
        #expect(curve.peer(userID: "local") == nil)
        for open in [ServerSecurity.none, .insecureLoopback] {
            #expect(open.peer(userID: nil) == .local && open.peer(userID: key.text) == .local)
        }
    }
}
