import Testing

@Suite(.timeLimit(.minutes(2))) struct ListTests {
    @Test func `Every served method is a line with its kind`() async throws {
        try await EchoServerProcess.with { server in
            let finished = try await server.run("list")
            #expect(finished.status == 0)
            #expect(
                finished.output == [
                    "/grpc.health.v1.Health/Check  (HealthCheckRequest) -> HealthCheckResponse",
                    "/grpc.health.v1.Health/Watch  (HealthCheckRequest) -> stream HealthCheckResponse",
                    "/rdrec.rpc.v1.Descriptors/GetFileDescriptorSet  (GetFileDescriptorSetRequest) -> GetFileDescriptorSetResponse",
                    "/rdrec.test.v1.Echo/Chat  (stream EchoRequest) -> stream EchoResponse",
                    "/rdrec.test.v1.Echo/Collect  (stream EchoRequest) -> EchoResponse",
                    "/rdrec.test.v1.Echo/Expand  (EchoRequest) -> stream EchoResponse",
                    "/rdrec.test.v1.Echo/Get  (EchoRequest) -> EchoResponse",
                    "/rdrec.test.v1.Echo/GetMetrics  (EchoRequest) -> EchoResponse",
                    "/rdrec.test.v1.Echo/Mirror  (EveryType) -> EveryType",
                    "/rdrec.test.v1.Echo/Put  (EchoRequest) -> EchoResponse",
                ])
        }
    }

    @Test func `A name keeps the methods that contain it`() async throws {
        try await EchoServerProcess.with { server in
            #expect(try await server.run("list", "rdrec.test.v1.Echo").output.count == 7)
            #expect(try await server.run("list", "mirror").output == ["/rdrec.test.v1.Echo/Mirror  (EveryType) -> EveryType"])
            let none = try await server.run("list", "nothing")
            #expect(none.status == 64 && none.output.isEmpty && none.errors.first?.contains("nothing") == true)
        }
    }

    @Test func `The template of a request is one that can be sent`() async throws {
        try await EchoServerProcess.with { server in
            let lines = try await server.run("list", "--verbose", "Mirror").output
            #expect(lines.dropFirst().first == "    idempotency: IDEMPOTENT (repeated after passing failures)")
            #expect(lines.contains(#"      "int64Value": "0","#))
            let template = lines.dropFirst(2).joined(separator: "\n")
            #expect(try await server.call("Mirror", template).status == 0)
        }
    }
}
