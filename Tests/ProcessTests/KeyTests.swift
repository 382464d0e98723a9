import ChildProcesses
import EchoProtos
import Foundation
import RPC
import Testing
import Transport

/// CURVE between processes, and an allow-list that changes while the server runs.
@Suite(.timeLimit(.minutes(1)))
struct KeyTests {
    private struct Keys {
        let server = KeyPair.generate()
        let anna = KeyPair.generate()
        let ben = KeyPair.generate()
        let keyFile: String
        let allowList: String

        init(in folder: String) throws {
            keyFile = folder + "/server.key"
            allowList = folder + "/allowed"
            try server.write(to: keyFile)
        }

        func allow(_ peers: [(KeyPair, String)]) throws { try write(peers.map { "\($0.publicKey.text) \($1) client\n" }.joined()) }

        func write(_ content: String) throws { try content.write(toFile: allowList, atomically: true, encoding: .utf8) }

        func security(_ keys: KeyPair) -> ClientSecurity { .curve(server: server.publicKey, keys: keys) }
    }

    private let patient = CallOptions(timeout: .seconds(20), waitForReady: true)

    @Test("SIGHUP lets a new key in and puts a removed one out")
    func allowListChanges() async throws {
        try await Stage.with { stage in
            let keys = try Keys(in: stage.folder)
            try keys.allow([(keys.anna, "anna")])
            let server = try await stage.server(
                "tcp://127.0.0.1:0", "--key-file", keys.keyFile, "--allow-list", keys.allowList, "--log-level", "notice")
            let anna = try stage.client(server.endpoint) { $0.security = keys.security(keys.anna) }
            let ben = try stage.client(server.endpoint) { $0.security = keys.security(keys.ben) }
            #expect(try await anna.get(EchoRequest(), options: patient).peer == "anna")
            #expect(try await failure { try await ben.get(EchoRequest()) }.code == .unauthenticated)

            // A broken file: all stays as it was.
            try keys.write("\(keys.ben.publicKey.text) ben king\n")
            server.child.signal(SIGHUP)
            try await eventually("the fault is logged; \(server.child.errors)") { server.child.errors.contains("allowed:1") }
            #expect(try await anna.get(EchoRequest(), options: patient).peer == "anna")
            #expect(try await failure { try await ben.get(EchoRequest()) }.code == .unauthenticated)

            // Anna has a call open when she goes and Ben comes.
            async let open = failure { try await anna.put(EchoRequest(delayMs: 600_000), options: CallOptions(retries: false)) }
            try await eventually("the call has begun") { try await ServerFigures(from: anna).started("Put") == 1 }
            try keys.allow([(keys.ben, "ben")])
            server.child.signal(SIGHUP)
            #expect(try await open.code == .unauthenticated)
            #expect(try await failure { try await anna.put(EchoRequest()) }.code == .unauthenticated)
            try await eventually("ben comes in") { await code { try await ben.get(EchoRequest()) } == .ok }
            #expect(try await ben.get(EchoRequest(), options: patient).peer == "ben")

            server.child.signal(SIGTERM)
            #expect(try await server.child.ended() == .exited(0))
        }
    }

    @Test("SIGHUP at any time ends no server")
    func earlyHangup() async throws {
        try await Stage.with { stage in
            let keys = try Keys(in: stage.folder)
            try keys.allow([(keys.anna, "anna")])
            let server = try await stage.server("tcp://127.0.0.1:0", "--key-file", keys.keyFile, "--allow-list", keys.allowList)
            for _ in 0..<20 { server.child.signal(SIGHUP) }
            let anna = try stage.client(server.endpoint) { $0.security = keys.security(keys.anna) }
            #expect(try await anna.get(EchoRequest(), options: patient).peer == "anna")
            #expect(server.child.isAlive)
        }
    }
}
