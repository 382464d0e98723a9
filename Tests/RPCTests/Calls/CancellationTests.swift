import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// Cancelling the task that makes a call ends the call, wherever it is, on both sides.
@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    private let held = testMethod("Held")

    private func withGate(
        server: (inout ServerConfiguration) -> Void = { _ in }, _ body: (EchoFixture, Gate) async throws -> Void
    ) async throws {
        let gate = Gate()
        try await EchoFixture.with(
            server: server,
            register: { router in
                router.unary(held) { _, _ in
                    try await gate.pass()
                    return EchoResponse()
                }
            }
        ) { fixture in
            try await body(fixture, gate)
            try await fixture.expectIdle()
            #expect(try await fixture.echo.get(EchoRequest(text: "after")).text == "after")
        }
    }

    @Test func `A task that is cancelled before it calls gets CANCELLED`() async throws {
        try await withGate { fixture, _ in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await fixture.echo.put(EchoRequest())
            }
            #expect(await code { try await task.value } == .cancelled)
        }
    }

    @Test func `A call that waits for a connection can be cancelled`() async throws {
        let absent = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await withClient(absent) { client, metrics in
            let task = Task { try await EchoClient(client).put(EchoRequest(), options: CallOptions(waitForReady: true)) }
            try await eventually("it waits") { await client.openCalls() == 1 && metrics.value("rdrec_transport_reconnects_total") > 0 }
            task.cancel()
            #expect(await code { try await task.value } == .cancelled)
            #expect(await client.openCalls() == 0)
        }
    }

    @Test func `A call in the server's queue can be cancelled and never runs`() async throws {
        try await withGate(server: { $0.maxRunningCalls = 1 }) { fixture, gate in
            let first = Task { try await fixture.client.unary(held, EchoRequest()) }
            try await eventually("the slot is taken") { gate.arrived == 1 }
            let queued = Task { try await fixture.echo.put(EchoRequest()) }
            try await eventually("it waits") { await fixture.server.load().openCalls == 2 }
            queued.cancel()
            #expect(await code { try await queued.value } == .cancelled)
            try await eventually("the server forgot it") { await fixture.server.load().openCalls == 1 }
            gate.open()
            _ = try await first.value
            #expect(fixture.begun == 0)
        }
    }

    @Test func `A handler that runs is told by the cancellation of its task`() async throws {
        try await withGate { fixture, gate in
            let task = Task { try await fixture.client.unary(held, EchoRequest()) }
            try await eventually("the handler runs") { gate.arrived == 1 }
            task.cancel()
            #expect(await code { try await task.value } == .cancelled)
            try await eventually("the handler is told") { gate.cancelled == 1 }
        }
    }

    /// A handler of each streaming kind that does nothing but wait, so that only cancellation can end the call.
    @Test(arguments: [CallKind.serverStream, .clientStream, .bidirectional], [false, true])
    func `A stream is cancelled with its task, and by leaving its scope`(kind: CallKind, byLeaving: Bool) async throws {
        struct Enough: Error {}
        let gate = Gate()
        let method = testMethod("Stalled", kind)
        try await EchoFixture.with(register: { router in
            switch kind {
            case .unary: break
            case .serverStream:
                router.serverStream(method) { _, responses, _ in
                    try await responses.write(EchoResponse())
                    try await gate.pass()
                }
            case .clientStream:
                router.clientStream(method) { requests, _ in
                    for try await _ in requests { break }
                    try await gate.pass()
                    return EchoResponse()
                }
            case .bidirectional:
                router.bidirectional(method) { requests, responses, _ in
                    for try await _ in requests {
                        try await responses.write(EchoResponse())
                        break
                    }
                    try await gate.pass()
                }
            }
        }) { fixture in
            let task = Task {
                switch kind {
                case .unary: break
                case .serverStream:
                    try await fixture.client.serverStream(method, EchoRequest()) { responses in
                        for try await _ in responses where byLeaving { return }
                    }
                case .clientStream:
                    _ = try await fixture.client.clientStream(method) { requests in
                        try await requests.write(EchoRequest())
                        if byLeaving { throw Enough() }
                        // Until the credit is used up, and then for more.
                        while true { try await requests.write(EchoRequest()) }
                    }
                case .bidirectional:
                    try await fixture.client.bidirectional(method) { requests, responses in
                        try await requests.write(EchoRequest())
                        for try await _ in responses where byLeaving { return }
                    }
                }
            }
            if !byLeaving {
                try await eventually("the handler runs") { gate.arrived == 1 }
                task.cancel()
            }
            let outcome = await task.result
            switch outcome {
            case .success: #expect(byLeaving && kind != .clientStream)
            case .failure(let error as RPCError): #expect(error.code == .cancelled && !byLeaving)
            case .failure(let error): #expect(error is Enough && byLeaving && kind == .clientStream)
            }
            try await eventually("the handler is told, if it has begun") { gate.cancelled == gate.arrived }
            try await fixture.expectIdle()
        }
    }

    @Test func `A handler that waits for credit is told`() async throws {
        let ended = Journal<StatusCode>()
        let method = testMethod("Flood", .serverStream)
        try await EchoFixture.with(register: { router in
            router.serverStream(method) { _, responses, _ in
                do {
                    while true { try await responses.write(EchoResponse()) }
                } catch {
                    ended.note(RPCError(from: error).code)
                    throw error
                }
            }
        }) { fixture in
            try await fixture.client.serverStream(method, EchoRequest()) { responses in
                var iterator = responses.makeAsyncIterator()
                _ = try await iterator.next()
            }
            try await eventually("its write fails") { ended.entries == [.cancelled] }
            try await fixture.expectIdle()
        }
    }

    @Test func `A handler that reads is told`() async throws {
        let ended = Journal<StatusCode>()
        let method = testMethod("Listen", .clientStream)
        try await EchoFixture.with(register: { router in
            router.clientStream(method) { requests, _ in
                do {
                    for try await _ in requests {}
                } catch {
                    ended.note(RPCError(from: error).code)
                    throw error
                }
                return EchoResponse()
            }
        }) { fixture in
            let task = Task {
                _ = try await fixture.client.clientStream(method) { requests in
                    try await requests.write(EchoRequest())
                    try await Task.sleep(for: .seconds(600))
                }
            }
            try await eventually("the call is open") { await fixture.server.load().runningHandlers == 1 }
            task.cancel()
            _ = await task.result
            try await eventually("its read fails") { ended.entries == [.cancelled] }
            try await fixture.expectIdle()
        }
    }

    @Test func `A success that comes before the cancellation stays one`() async throws {
        try await withGate { fixture, _ in
            for _ in 0..<200 {
                let task = Task { try await fixture.echo.put(EchoRequest(text: "x")) }
                async let cancelled: Void = task.cancel()
                let outcome = await task.result
                await cancelled
                switch outcome {
                case .success(let reply): #expect(reply.text == "x")
                case .failure(let error): #expect((error as? RPCError)?.code == .cancelled)
                }
            }
        }
    }

    @Test func `A client that closes ends its calls, and later ones too`() async throws {
        try await withGate { fixture, gate in
            try await withClient(fixture.endpoint) { client, _ in
                let running = Task { try await client.unary(held, EchoRequest()) }
                try await eventually("the handler runs") { gate.arrived == 1 }
                await client.close()
                #expect(await code { try await running.value } == .cancelled)
                #expect(await code { try await client.unary(held, EchoRequest()) } == .cancelled)
                await client.close()
                #expect(await client.openCalls() == 0)
                try await eventually("the handler is told") { gate.cancelled == 1 }
            }
        }
    }
}
