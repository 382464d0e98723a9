import Foundation
import Testing
import Transport

@Suite(.timeLimit(.minutes(2))) struct KeygenTests {
    @Test func `A key file is private, and its public key is printed`() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/my.key"
            let finished = try await runCommand(["keygen", path])
            #expect(finished.status == 0 && finished.errors.isEmpty)
            let keys = try KeyPair(file: path)
            #expect(finished.output == [keys.publicKey.text])
            #expect(
                try String(contentsOfFile: path, encoding: .utf8)
                    == "public-key \(keys.publicKey.text)\nsecret-key \(keys.secretKey.text)\n")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test func `A file that is there stays as it is`() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/my.key"
            try Data("mine".utf8).write(to: URL(filePath: path))
            let finished = try await runCommand(["keygen", path])
            #expect(finished.status == 74 && finished.output.isEmpty)
            #expect(finished.errors.first?.contains("a key is not overwritten") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
            #expect(try await runCommand(["keygen", "\(folder)/none/my.key"]).status == 74)
        }
    }

    @Test func `Its keys open a server with CURVE, and others do not`() async throws {
        try await withTemporaryFolder { folder in
            for name in ["server", "mine", "other"] { _ = try await runCommand(["keygen", "\(folder)/\(name)"]) }
            let mine = try KeyPair(file: "\(folder)/mine").publicKey
            try Data("\(mine) me client\n".utf8).write(to: URL(filePath: "\(folder)/allow-list"))
            let serverKey = try KeyPair(file: "\(folder)/server").publicKey
            let arguments = ["--key-file", "\(folder)/server", "--allow-list", "\(folder)/allow-list"]
            try await EchoServerProcess.with(arguments, endpoint: "tcp://127.0.0.1:0") { server in
                let call = ["call", "/rdrec.test.v1.Echo/Get", "{}", "--endpoint", server.endpoint]
                for key in [serverKey.text, "\(folder)/server"] {
                    let admitted = try await runCommand(call + ["--server-key", key, "--key-file", "\(folder)/mine"])
                    #expect(try value("peer", of: admitted.output.first) == "me")
                }
                let environment = ["RDREC_SERVER_KEY": serverKey.text, "RDREC_KEY_FILE": "\(folder)/mine"]
                #expect(try await runCommand(call, environment: environment).status == 0)
                let refused = try await runCommand(call + ["--server-key", serverKey.text, "--key-file", "\(folder)/other"])
                #expect(refused.status == 26 && refused.errors.first?.hasPrefix("error: UNAUTHENTICATED: ") == true)
                let stranger = try await runCommand(call + ["--server-key", mine.text, "--key-file", "\(folder)/mine"])
                #expect(stranger.status == 26)
            }
        }
    }

    @Test func `Keys that do not fit are refused`() async throws {
        try await withTemporaryFolder { folder in
            _ = try await runCommand(["keygen", "\(folder)/mine"])
            let health = ["health", "--endpoint", "tcp://127.0.0.1:1"]
            #expect(try await runCommand(health + ["--key-file", "\(folder)/mine"]).status == 64)
            #expect(try await runCommand(health + ["--server-key", "short", "--key-file", "\(folder)/mine"]).status == 64)
            #expect(chmod("\(folder)/mine", 0o644) == 0)
            let open = try await runCommand(health + ["--server-key", "\(folder)/mine", "--key-file", "\(folder)/mine"])
            #expect(open.status == 74 && open.errors.first?.contains("mode 644") == true)
        }
    }
}
