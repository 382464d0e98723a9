internal import Locks
package import Logging
package import Metrics
package import Transport
package import Wire

/// Makes calls to one server. Connects with the first call, and again whenever the connection is lost. Safe from any thread; `close` it
/// before its socket thread.
///
/// Whatever happens, a call returns or throws an `RPCError` with exactly one status, at the latest at its deadline.
/// Cancelling the task that makes a call cancels the call on the server too.
package final class RPCClient: Sendable {
    let core: LoopBound<ClientCore>
    let loop: SocketThread
    let configuration: ClientConfiguration
    let chain: ClientInterceptorChain
    private let throttle = Locked(RetryThrottle())

    /// - Parameter loop: the process's socket thread.
    /// - Throws: for a security that does not fit the endpoint.
    package init(
        _ configuration: ClientConfiguration, interceptors: [any ClientInterceptor] = [], loop: SocketThread, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) throws {
        try configuration.security.check(configuration.endpoint)
        self.configuration = configuration
        self.loop = loop
        chain = ClientInterceptorChain(interceptors)
        core = LoopBound(
            ClientCore(
                configuration: configuration, loop: loop, logger: logger, metricsFactory: metrics), loop: loop)
    }

    deinit {
        let core = core
        loop.execute { core.value.close() }
    }

    /// Runs its jobs on the socket thread. With it as a task's preferred executor a call saves a change of thread; for tasks that
    /// do next to nothing between their calls.
    package var executor: any TaskExecutor { loop }

    /// Cancels what is open, says BYE and closes the socket. Idempotent.
    package func close() async {
        await withUnsafeContinuation { done in
            let runs = loop.execute {
                self.core.value.close()
                done.resume()
            }
            if !runs { done.resume() }
        }
    }

    /// Calls without an outcome: 0 when nothing leaks.
    package func openCalls() async -> Int {
        await withUnsafeContinuation { result in
            if !loop.execute({ result.resume(returning: self.core.value.openCalls) }) { result.resume(returning: 0) }
        }
    }

    // MARK: Calls

    /// One request, one response.
    package func unary<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
    ) async throws -> Response {
        let payload = try request.encoded()
        return try decode(await reply(method.info, payload, options).payload)
    }

    private func reply(_ method: MethodInfo, _ payload: [UInt8], _ options: CallOptions) async throws -> ClientReply {
        try await chain.run(ClientCall(method: method, options: options)) { call in
            try await self.attempts(call, payload)
        }
    }

    /// As `unary`, with the trailers.
    package func unaryReply<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions()
    ) async throws -> (response: Response, trailers: [Metadata]) {
        let reply = try await reply(method.info, request.encoded(), options)
        return (try decode(reply.payload), reply.trailers)
    }

    func decode<Response: WirePayload>(_ bytes: [UInt8]) throws(RPCError) -> Response {
        do {
            return try Response(decoding: bytes, limits: configuration.decoding)
        } catch {
            loop.execute { self.core.value.countMalformedReply() }
            throw RPCError(.internal, "\(Response.fullName): \(error)")
        }
    }

    /// Makes the call, and makes it again as the policy allows.
    private func attempts(_ call: ClientCall, _ payload: [UInt8]) async throws -> ClientReply {
        let deadline = deadline(call.options)
        var metadata = call.options.metadata
        let retryable = call.options.retries && call.method.idempotency.isRetryable
        // From the first attempt on: the server must be able to see that the second is the same. A call without effects needs none.
        if retryable, call.method.idempotency == .idempotent, configuration.retry.maxAttempts > 1, metadata[key: "idempotency-key"] == nil {
            metadata.set("idempotency-key", IdempotencyKey.random())
        }
        var attempt = 1
        while true {
            do {
                let reply = try await once(call, metadata: metadata, deadline: deadline, payload)
                if retryable { throttle.withLock { $0.succeeded() } }
                return reply
            } catch let error as RPCError {
                guard retryable,
                    let wait = configuration.retry.wait(
                        after: error, attempt: attempt, method: call.method, random: .random(in: 0..<1)),
                    throttle.withLock({ $0.failed() }), deadline.map({ .now() + wait < $0 }) ?? true
                else { throw error }
                do { try await Task.sleep(for: wait.duration) } catch { throw RPCError.cancelled }
                attempt += 1
            }
        }
    }

    private func once(_ call: ClientCall, metadata: [Metadata], deadline: MonotonicTime?, _ payload: [UInt8]) async throws -> ClientReply {
        let record = ClientCallRecord(
            core: core, method: call.method, metadata: metadata, deadline: deadline, waitForReady: call.options.waitForReady,
            request: payload, inbound: nil, outbound: nil, configuration: configuration.connection)
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                record.continuation = continuation
                // On the socket thread a closure would be made only to be run at once.
                if loop.isCurrent {
                    core.value.start(record)
                } else if !loop.execute({ self.core.value.start(record) }) {
                    return continuation.resume(throwing: RPCError.threadClosed)
                }
            }
        } onCancel: {
            cancel(record)
        }
    }

    func cancel(_ record: ClientCallRecord, _ error: RPCError = .cancelled) {
        loop.execute { self.core.value.cancel(record, error) }
    }

    /// The nearer of what the options say and what the call that is being answered has left.
    func deadline(_ options: CallOptions) -> MonotonicTime? {
        // Longer ago than the clock reaches is no longer ago.
        let own = (options.timeout ?? configuration.defaultTimeout).map { MonotonicTime.now() + max(Nanoseconds(0), Nanoseconds($0)) }
        let inherited = ServerCall.current?.deadline
        guard let own, let inherited else { return own ?? inherited }
        return min(own, inherited)
    }
}

/// Names one intent of a caller over all attempts to carry it out: 128 random bits in hexadecimal.
enum IdempotencyKey {
    static func random() -> String {
        func half() -> String {
            let text = String(UInt64.random(in: 0 ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return half() + half()
    }
}
