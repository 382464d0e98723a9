import EchoProtos
import Prometheus
import RPC
import Testing
import Transport
import Wire

/// The series that operators and their dashboards read.
@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    @Test func `Calls are counted by method and code on both sides`() async throws {
        try await EchoFixture.with { fixture in
            for status in [StatusCode.ok, .ok, .notFound, .internal] {
                _ = await code { try await fixture.echo.put(EchoRequest(failStatus: status.rawValue)) }
            }
            try await fixture.expectIdle()
            for (side, registry) in [("server", fixture.serverMetrics), ("client", fixture.clientMetrics)] {
                let labels = ["grpc_type=\"unary\"", "grpc_service=\"rdrec.test.v1.Echo\"", "grpc_method=\"Put\""]
                func value(_ name: String, _ more: String...) -> Double { registry.value("grpc_\(side)_\(name)", all: labels + more) }
                #expect(value("started_total") == 4)
                #expect(value("handled_total") == 4)
                #expect(value("handled_total", "grpc_code=\"OK\"") == 2)
                #expect(value("handled_total", "grpc_code=\"NOT_FOUND\"") == 1)
                #expect(value("handled_total", "grpc_code=\"INTERNAL\"") == 1)
                #expect(value("handling_seconds_count") == 4)
                #expect(value("handling_seconds_sum") > 0)
            }
        }
    }

    @Test(arguments: CallKind.allCases) func `Messages are counted by direction`(kind: CallKind) async throws {
        try await EchoFixture.with { fixture in
            let method: MethodInfo
            switch kind {
            case .unary:
                method = EchoMethods.put.info
                _ = try await fixture.echo.put(EchoRequest())
            case .serverStream:
                method = EchoMethods.expand.info
                try await fixture.echo.expand(EchoRequest(count: 7)) { for try await _ in $0 {} }
            case .clientStream:
                method = EchoMethods.collect.info
                _ = try await fixture.echo.collect { for _ in 0..<5 { try await $0.write(EchoRequest()) } }
            case .bidirectional:
                method = EchoMethods.chat.info
                try await fixture.echo.chat { requests, responses in
                    for _ in 0..<5 { try await requests.write(EchoRequest()) }
                    requests.finish()
                    for try await _ in responses {}
                }
            }
            try await fixture.expectIdle()
            let expected: [CallKind: (Double, Double)] = [
                .unary: (1, 1), .serverStream: (1, 7), .clientStream: (5, 1), .bidirectional: (5, 5),
            ]
            let type = [
                CallKind.unary: "unary", .serverStream: "server_stream", .clientStream: "client_stream", .bidirectional: "bidi_stream",
            ]
            let labels = ["grpc_method=\"\(method.name)\"", "grpc_type=\"\(type[kind] ?? "")\""]
            #expect(fixture.serverMetrics.value("grpc_server_msg_received_total", all: labels) == expected[kind]?.0)
            #expect(fixture.serverMetrics.value("grpc_server_msg_sent_total", all: labels) == expected[kind]?.1)
        }
    }

    @Test func `Cancelled calls and those past their deadline are counted as such`() async throws {
        let gate = Gate()
        let method = testMethod("Held")
        try await EchoFixture.with(register: { router in
            router.unary(method) { _, _ in
                try await gate.pass()
                return EchoResponse()
            }
        }) { fixture in
            let task = Task { try await fixture.client.unary(method, EchoRequest()) }
            try await eventually("it runs") { gate.arrived == 1 }
            task.cancel()
            _ = await task.result
            _ = await code { try await fixture.client.unary(method, EchoRequest(), options: CallOptions(timeout: .milliseconds(20))) }
            try await fixture.expectIdle()
            for (side, registry) in [("server", fixture.serverMetrics), ("client", fixture.clientMetrics)] {
                #expect(registry.value("grpc_\(side)_started_total", "grpc_method=\"Held\"") == 2)
                #expect(registry.value("grpc_\(side)_handled_total", "grpc_method=\"Held\"") == 2)
                #expect(registry.value("grpc_\(side)_handled_total", "grpc_method=\"Held\"", "grpc_code=\"CANCELLED\"") >= 1)
            }
            #expect(fixture.clientMetrics.value("grpc_client_handled_total", "grpc_code=\"DEADLINE_EXCEEDED\"") == 1)
        }
    }

    @Test func `Peers are counted while they are connected`() async throws {
        try await EchoFixture.with { fixture in
            _ = try await fixture.echo.put(EchoRequest())
            #expect(fixture.serverMetrics.value("rdrec_transport_peers") == 1)
            try await withClient(fixture.endpoint) { second, _ in
                _ = try await EchoClient(second).put(EchoRequest())
                #expect(fixture.serverMetrics.value("rdrec_transport_peers") == 2)
            }
            try await eventually("the second has said BYE") { fixture.serverMetrics.value("rdrec_transport_peers") == 1 }
        }
    }

    @Test func `Each reason of a malformed message has its series from the start`() async throws {
        try await EchoFixture.with { fixture in
            let text = fixture.serverMetrics.render()
            for reason in MalformedReason.allCases {
                #expect(text.contains("rdrec_transport_malformed_total{reason=\"\(reason.rawValue)\"} 0"))
            }
        }
    }
}
