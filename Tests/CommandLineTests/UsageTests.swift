import Testing

@Suite(.timeLimit(.minutes(2))) struct UsageTests {
    @Test func `JSON that does not fit is refused with its place`() async throws {
        try await EchoServerProcess.with { server in
            let cases = [
                (#"{"count": -1}"#, "$.count: expected a whole number"),
                (#"{"txt": ""}"#, #"$: rdrec.test.v1.EchoRequest has no field "txt"; did you mean "text"?"#),
                (#"{"text": "#, "line 1, column 10: "),
                ("", "line 1, column 1: "),
            ]
            for (json, error) in cases {
                let finished = try await server.call("Put", json)
                #expect(finished.status == 64 && finished.output.isEmpty && finished.errors.count == 1)
                #expect(finished.errors.first?.hasPrefix("error: the request is not a rdrec.test.v1.EchoRequest: \(error)") == true)
            }
        }
    }

    @Test func `Of many requests the wrong one is named`() async throws {
        try await EchoServerProcess.with { server in
            let given = try await server.run("call", "/rdrec.test.v1.Echo/Collect", "{}", "[]")
            #expect(given.status == 64 && given.errors.first?.hasPrefix("error: request 2 is not a ") == true)
            for method in ["Collect", "Chat"] {
                let read = try await server.run("call", "/rdrec.test.v1.Echo/\(method)", input: "{}\n\n{\"text\": 1}\n{}\n")
                #expect(read.status == 64)
                #expect(read.errors.first?.hasPrefix("error: standard input, line 3 is not a rdrec.test.v1.EchoRequest: $.text: ") == true)
            }
        }
    }

    @Test func `Standard input must be text, and a request`() async throws {
        try await EchoServerProcess.with { server in
            let empty = try await server.run("call", "/rdrec.test.v1.Echo/Put", input: " \n")
            #expect(empty.status == 64 && empty.errors.first?.hasPrefix("error: standard input has no request: ") == true)
            for method in ["Put", "Collect"] {
                let child = try server.start("call", "/rdrec.test.v1.Echo/\(method)")
                try child.send([0x22, 0xFF, 0x22, 0x0A])
                child.closeInput()
                let finished = await child.ended()
                #expect(finished.status == 64 && finished.errors.first?.hasSuffix(" is not valid UTF-8") == true)
            }
        }
    }

    @Test func `An unknown method brings those near it`() async throws {
        try await EchoServerProcess.with { server in
            let near = try await server.call("Mirrr", "{}")
            #expect(near.status == 64)
            let error = "error: the server has no method /rdrec.test.v1.Echo/Mirrr: did you mean /rdrec.test.v1.Echo/Mirror"
            #expect(near.errors.first?.hasPrefix(error) == true)
            let named = try await server.run("call", "Check", "{}")
            #expect(named.errors == ["error: the server has no method Check: did you mean /grpc.health.v1.Health/Check?"])
        }
    }

    @Test func `What does not fit the kind of a method is refused`() async throws {
        try await EchoServerProcess.with { server in
            let two = try await server.run("call", "/rdrec.test.v1.Echo/Put", "{}", "{}")
            #expect(two.status == 64 && two.errors.first?.contains("takes one request, and 2 were given") == true)
            let pretty = try await server.run("call", "--pretty", "/rdrec.test.v1.Echo/Expand", "{}")
            #expect(pretty.status == 64 && pretty.errors.first?.contains("returns a stream") == true)
        }
    }

    @Test(arguments: [
        ["health", "--endpoint", "nowhere"], ["health", "--endpoint", "tcp://*:5000"], ["health", "--endpoint", "inproc://a"],
        ["health", "--endpoint", "tcp://192.0.2.1:5000"], ["health", "--timeout", "0"], ["health", "--timeout", "nan"],
        ["health", "--metadata", "Key=1"], ["health", "--metadata", "key"], ["health", "--metadata", "grpc-key=1"],
        ["health", "--max-message-bytes", "1"], ["health", "--log-level", "loud"], ["call"], ["nonsense"],
        ["health", "--endpoint", "ipc:///tmp/a", "--server-key", "a"],
    ]) func `Wrong arguments exit with 64`(_ arguments: [String]) async throws {
        let finished = try await runCommand(arguments)
        #expect(finished.status == 64 && finished.output.isEmpty)
        #expect(finished.errors.first?.lowercased().hasPrefix("error: ") == true)
    }

    @Test func `The help tells the exit statuses`() async throws {
        let finished = try await runCommand(["--help"])
        #expect(finished.status == 0)
        #expect(finished.output.contains { $0.contains("24 UNAVAILABLE") })
    }

    @Test func `Without an endpoint the student of this user is called`() async throws {
        try await withTemporaryFolder { folder in
            let finished = try await runCommand(["health"], environment: ["RDREC_RUNTIME_DIR": folder])
            #expect(finished.errors == ["error: UNAVAILABLE: cannot connect to ipc://\(folder)/student.ipc: is the server running?"])
        }
    }
}
