import Testing

@Suite(.timeLimit(.minutes(2))) struct CallTests {
    @Test func `A unary call prints one line of JSON`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.call("Get", #"{"text": "hé", "payload": "AAE=", "count": 7}"#)
            #expect(finished.status == 0 && finished.errors.isEmpty && finished.output.count == 1)
            #expect(finished.output[0].hasPrefix(#"{"text":"hé","payload":"AAE=","count":7,"#))
        }
    }

    @Test(arguments: [["-"], []]) func `A request comes from standard input too`(_ arguments: [String]) async throws {
        try await EchoServerProcess.with { server in
            let finished = try await runCommand(
                ["call", "rdrec.test.v1.Echo/Put", "--endpoint", server.endpoint] + arguments, input: "{\n  \"text\": \"in\"\n}\n")
            #expect(finished.status == 0)
            #expect(try value("text", of: finished.output.first) == "in")
        }
    }

    @Test func `A pretty response has a line for each field`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.run("call", "--pretty", "/rdrec.test.v1.Echo/Mirror", #"{"flag": true, "counts": [1, 2]}"#)
            #expect(finished.output == ["{", "  \"flag\": true,", "  \"counts\": [", "    1,", "    2", "  ]", "}"])
        }
    }

    @Test func `Every type of field goes there and back`() async throws {
        let text =
            #"{"flag":true,"int64Value":"-9007199254740993","uint64Value":"18446744073709551615","sint32Value":-1,"#
            + #""floatValue":0.1,"doubleValue":1e+300,"text":"ß","data":"/w==","colour":"COLOUR_NEGATIVE","inner":{"name":"n","level":-2},"#
            + #""names":["","a"],"colours":["COLOUR_RED",7],"offsets":["-1"],"word":""}"#
        try await EchoServerProcess.with { server in
            let finished = try await server.call("Mirror", text)
            #expect(finished == Finished(output: [text], errors: [], status: 0))
        }
    }

    @Test func `A server's stream prints a line a message`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.call("Expand", #"{"text": "e", "count": 200}"#)
            #expect(finished.status == 0 && finished.output.count == 200)
            #expect(try value("count", of: finished.output.last) == "199")
        }
    }

    @Test func `Lines arrive while the stream is open`() async throws {
        try await EchoServerProcess.with { server in
            let child = try server.start("call", "/rdrec.test.v1.Echo/Chat")
            for (number, word) in ["one", "two", "three"].enumerated() {
                try child.send("{\"text\": \"\(word)\"}\n")
                let line = await child.nextLine()
                #expect(try value("text", of: line) == word)
                #expect(try value("count", of: line) == (number == 0 ? nil : "\(number)"))
            }
            child.closeInput()
            #expect(await child.ended() == Finished(output: [], errors: [], status: 0))
        }
    }

    @Test func `A client's stream comes from arguments, or from the lines of standard input`() async throws {
        try await EchoServerProcess.with { server in
            func collect(_ arguments: String..., input: String = "") async throws -> [String?] {
                let finished = try await runCommand(
                    ["call", "/rdrec.test.v1.Echo/Collect", "--endpoint", server.endpoint] + arguments, input: input)
                #expect(finished.status == 0 && finished.output.count == 1)
                return [try value("text", of: finished.output.first), try value("count", of: finished.output.first)]
            }
            let given = try await collect(#"{"text": "a"}"#, #"{"text": "b"}"#)
            #expect(given == ["a b", "2"])
            // Empty lines count for nothing, and the last needs no end.
            let read = try await collect(input: "{\"text\": \"c\"}\r\n\n  \n{\"text\": \"d\"}")
            #expect(read == ["c d", "2"])
            let none = try await collect()
            #expect(none == [nil, nil])
        }
    }

    @Test func `More requests than credit allows all arrive`() async throws {
        try await EchoServerProcess.with(["--credit-messages", "2"]) { server in
            let lines = String(repeating: "{\"text\":\"x\"}\n", count: 500)
            let finished = try await server.run("call", "/rdrec.test.v1.Echo/Collect", input: lines)
            #expect(try value("count", of: finished.output.first) == "500")
        }
    }

    @Test func `Metadata goes along`() async throws {
        try await EchoServerProcess.with { server in
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let finished = try await server.run(
                "call", "/rdrec.test.v1.Echo/Get", "{}", "--metadata", "traceparent=00-\(trace)-00f067aa0ba902b7-01")
            #expect(try #require(try value("traceparent", of: finished.output.first)).contains(trace))
        }
    }

    @Test func `The timeout is the call's deadline; streams have none of themselves`() async throws {
        try await EchoServerProcess.with { server in
            func remaining(_ arguments: String...) async throws -> UInt64? {
                let finished = try await runCommand(["call", "--endpoint", server.endpoint] + arguments)
                return try value("remainingUs", of: finished.output.first).flatMap { UInt64($0) }
            }
            let byDefault = try #require(try await remaining("/rdrec.test.v1.Echo/Get", "{}"))
            #expect((20_000_000...30_000_000).contains(byDefault))
            let asked = try #require(try await remaining("/rdrec.test.v1.Echo/Expand", #"{"count": 1}"#, "--timeout", "99.5"))
            #expect((80_000_000...99_500_000).contains(asked))
            #expect(try await remaining("/rdrec.test.v1.Echo/Expand", #"{"count": 1}"#) == nil)
        }
    }

    @Test func `Services that every server has can be called though a server does not describe them`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.run("call", "grpc.health.v1.Health/Check", "{}")
            #expect(finished == Finished(output: [#"{"status":"SERVING"}"#], errors: [], status: 0))
        }
    }
}
