import EchoProtos
import RPC
import Testing
import Transport
import Wire

/// PROTOCOL.md 7: what a client repeats by itself, and when not.
@Suite(.timeLimit(.minutes(1))) struct RetryTests {
    /// A method that fails `failures` times with `error` and then succeeds; the keys that its attempts came with.
    private func outcome(
        _ idempotency: Idempotency, failures: Int, error: RPCError = RPCError(.unavailable, "not now"),
        options: CallOptions = CallOptions(), client: (inout ClientConfiguration) -> Void = { _ in }
    ) async throws -> (code: StatusCode?, keys: [String?], times: [MonotonicTime]) {
        let attempts = Journal<(key: String?, time: MonotonicTime)>()
        let method = testMethod("Flaky", .unary, idempotency)
        return try await EchoFixture.with(
            client: {
                $0.retry.backoff.initial = .milliseconds(1)
                client(&$0)
            },
            register: { router in
                router.unary(method) { _, call in
                    attempts.note((call.metadata.text("idempotency-key"), .now()))
                    if attempts.entries.count <= failures { throw error }
                    return EchoResponse()
                }
            }
        ) { fixture in
            let code = await code { try await fixture.client.unary(method, EchoRequest(), options: options) }
            try await fixture.expectIdle()
            return (code, attempts.entries.map(\.key), attempts.entries.map(\.time))
        }
    }

    @Test(arguments: [Idempotency.noSideEffects, .idempotent])
    func `A call that may be repeated is, under one key from the first attempt on`(idempotency: Idempotency) async throws {
        let outcome = try await outcome(idempotency, failures: 2)
        #expect(outcome.code == nil)
        #expect(outcome.keys.count == 3)
        let first = try #require(outcome.keys.first)
        #expect(outcome.keys.allSatisfy { $0 == first })
        // A call without effects needs no key, and each would pay for it.
        #expect(first?.count == (idempotency == .idempotent ? 32 : nil))
    }

    @Test func `A caller's own key is kept`() async throws {
        let own = CallOptions(metadata: [Metadata(key: "idempotency-key", value: Array("mine".utf8))])
        #expect(try await outcome(.idempotent, failures: 1, options: own).keys == ["mine", "mine"])
    }

    @Test func `Two calls have two keys`() async throws {
        let first = try await outcome(.idempotent, failures: 0).keys
        let second = try await outcome(.idempotent, failures: 0).keys
        #expect(first.count == 1 && second.count == 1 && first != second)
    }

    @Test func `A call that promises nothing is made once`() async throws {
        let outcome = try await outcome(.unknown, failures: 1)
        #expect(outcome.code == .unavailable && outcome.keys == [nil])
    }

    @Test func `A caller that wants no retries gets none`() async throws {
        let outcome = try await outcome(.idempotent, failures: 1, options: CallOptions(retries: false))
        #expect(outcome.code == .unavailable && outcome.keys.count == 1)
    }

    @Test(arguments: StatusCode.allCases.filter { $0 != .ok && $0 != .unavailable }) func `What does not pass by itself is not repeated`(
        code: StatusCode
    ) async throws {
        let outcome = try await outcome(.idempotent, failures: 1, error: RPCError(code, "no"))
        #expect(outcome.code == code && outcome.keys.count == 1)
    }

    @Test func `A refusal that says when to come again is repeated, and not sooner`() async throws {
        let refusal = RPCError.tryLater(.resourceExhausted, "full", retryAfter: .milliseconds(60))
        let outcome = try await outcome(.idempotent, failures: 1, error: refusal)
        #expect(outcome.code == nil && outcome.times.count == 2)
        #expect((outcome.times[1] - outcome.times[0]).seconds >= 0.06)
    }

    @Test func `Attempts end with the policy's number and the last failure`() async throws {
        let outcome = try await outcome(.idempotent, failures: 100)
        #expect(outcome.code == .unavailable && outcome.keys.count == 4)
    }

    @Test func `No attempt is made that the deadline would not let end`() async throws {
        let refusal = RPCError.tryLater(.unavailable, "come in an hour", retryAfter: .seconds(3_600))
        let outcome = try await outcome(.idempotent, failures: 1, error: refusal, options: CallOptions(timeout: .seconds(30)))
        #expect(outcome.code == .unavailable && outcome.keys.count == 1)
    }

    @Test func `Failing calls use the retries up, for all calls of the client`() async throws {
        let attempts = Tally()
        let method = testMethod("Down", .unary, .idempotent)
        try await EchoFixture.with(
            client: { $0.retry.backoff.initial = .milliseconds(1) },
            register: { router in
                router.unary(method) { _, _ in
                    attempts.add()
                    throw RPCError(.unavailable, "down")
                }
            }
        ) { fixture in
            for _ in 0..<20 { #expect(await code { try await fixture.client.unary(method, EchoRequest()) } == .unavailable) }
            // Ten tokens, and a retry needs more than five after it took one: four retries.
            #expect(attempts.count == 24)
        }
    }

    @Test func `A cancelled caller does not wait for the next attempt`() async throws {
        let attempts = Tally()
        let method = testMethod("Down", .unary, .idempotent)
        try await EchoFixture.with(register: { router in
            router.unary(method) { _, _ in
                attempts.add()
                throw RPCError.tryLater(.unavailable, "down", retryAfter: .seconds(3_600))
            }
        }) { fixture in
            let task = Task { try await fixture.client.unary(method, EchoRequest()) }
            try await eventually("the first attempt failed") {
                fixture.clientMetrics.value("grpc_client_handled_total", "grpc_method=\"Down\"") == 1
            }
            task.cancel()
            #expect(await code { try await task.value } == .cancelled)
            #expect(attempts.count == 1)
        }
    }

    @Test func `A call that reaches no server is repeated until one is there`() async throws {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        try await withClient(
            endpoint,
            {
                $0.retry.maxAttempts = 4
                $0.retry.backoff.initial = .seconds(3_600)
                $0.retry.backoff.maximum = .milliseconds(200)
                $0.connection.backoff.initial = .milliseconds(2)
                $0.connection.backoff.maximum = .milliseconds(10)
            }
        ) { client, metrics in
            let call = Task { try await EchoClient(client).get(EchoRequest(text: "x")) }
            try await eventually("the first attempt failed") { metrics.value("grpc_client_handled_total") >= 1 }
            try await EchoFixture.with(endpoint) { _ in
                let reply = try await call.value
                #expect(reply.text == "x")
            }
        }
    }
}
