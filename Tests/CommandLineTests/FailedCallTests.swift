import Foundation
import Testing
import Transport

@Suite(.timeLimit(.minutes(2))) struct FailedCallTests {
    @Test func `A failed call exits with 10 and its status`() async throws {
        try await EchoServerProcess.with { server in
            for code in StatusCode.allCases where code != .ok {
                let finished = try await server.call("Put", "{\"failStatus\": \(code.rawValue), \"text\": \"as asked\"}")
                #expect(finished == Finished(output: [], errors: ["error: \(code): as asked"], status: 10 + CInt(code.rawValue)))
            }
        }
    }

    @Test func `A stream that fails has printed what came before`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.run(
                "call", "/rdrec.test.v1.Echo/Chat", #"{"text": "a"}"#, #"{"failStatus": 9, "text": "no more"}"#)
            #expect(finished.output.count == 1)
            #expect(finished.errors == ["error: FAILED_PRECONDITION: no more"] && finished.status == 19)
            let collected = try await server.run("call", "/rdrec.test.v1.Echo/Collect", #"{"failStatus": 5, "text": "lost"}"#)
            #expect(collected == Finished(output: [], errors: ["error: NOT_FOUND: lost"], status: 15))
        }
    }

    @Test func `A stream that fails ends though standard input is open`() async throws {
        try await EchoServerProcess.with { server in
            let child = try server.start("call", "/rdrec.test.v1.Echo/Chat")
            try child.send("{\"failStatus\": 5, \"text\": \"lost\"}\n")
            #expect(await child.ended() == Finished(output: [], errors: ["error: NOT_FOUND: lost"], status: 15))
        }
    }

    @Test func `A server's words cannot command a terminal`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.call("Put", #"{"failStatus": 3, "text": "\u001b[2J\u009b"}"#)
            #expect(finished.errors == [#"error: INVALID_ARGUMENT: \u{1b}[2J\u{9b}"#])
        }
    }

    @Test func `The wait that a full server asks for is shown`() async throws {
        try await EchoServerProcess.with(["--max-running", "1", "--max-waiting", "0"]) { server in
            let holder = try server.start("call", "/rdrec.test.v1.Echo/Chat")
            try holder.send("{}\n")
            // With its first response the call is known to have the only place.
            #expect(await holder.nextLine() != nil)
            let refused = try await server.call("Put", "{}")
            #expect(refused.status == 18 && refused.errors.count == 2)
            #expect(refused.errors.first?.hasPrefix("error: RESOURCE_EXHAUSTED: ") == true)
            #expect(refused.errors.last?.firstMatch(of: /^  try again after [0-9]+ ms$/) != nil)
            holder.closeInput()
            #expect(await holder.ended().status == 0)
        }
    }

    @Test func `A server that is not there is unavailable`() async throws {
        try await withTemporaryFolder { folder in
            let endpoint = "ipc://\(folder)/nobody"
            for command in [["health"], ["list"], ["call", "/a.B/C", "{}"]] {
                let finished = try await runCommand(command + ["--endpoint", endpoint])
                #expect(finished.errors == ["error: UNAVAILABLE: cannot connect to \(endpoint): is the server running?"])
                #expect(finished.status == 24 && finished.output.isEmpty)
            }
        }
    }

    @Test(arguments: ["Put", "Expand", "Collect", "Chat"]) func `The deadline ends calls of every kind`(_ method: String) async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.run(
                "call", "/rdrec.test.v1.Echo/\(method)", #"{"delayMs": 60000, "count": 1}"#, "--timeout", "0.3")
            #expect(finished.status == 14 && finished.output.isEmpty)
            #expect(finished.errors.count == 1 && finished.errors.first?.hasPrefix("error: DEADLINE_EXCEEDED: ") == true)
        }
    }

    @Test(arguments: ["Collect", "Chat"]) func `The deadline ends a call whose standard input is silent`(_ method: String) async throws {
        try await EchoServerProcess.with { server in
            let child = try server.start("call", "/rdrec.test.v1.Echo/\(method)", "--timeout", "0.3")
            #expect(await child.ended().status == 14)
        }
    }

    @Test func `A response longer than allowed is refused with the limit's name`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.run(
                "call", "/rdrec.test.v1.Echo/Put", #"{"responseBytes": 30000}"#, "--max-message-bytes", "20000")
            #expect(finished.status == 18)
            #expect(finished.errors.first?.contains("max_frame_bytes") == true)
        }
    }

    @Test func `A server that dies ends its calls`() async throws {
        try await EchoServerProcess.with { server in
            let child = try server.start("call", "/rdrec.test.v1.Echo/Chat")
            try child.send("{}\n")
            #expect(await child.nextLine() != nil)
            server.child.signal(SIGKILL)
            let finished = await child.ended()
            #expect(finished.status == 24 && finished.errors.first?.hasPrefix("error: UNAVAILABLE: ") == true)
        }
    }
}
