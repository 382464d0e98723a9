internal import Transport
package import Wire

/// Calls that stream. Each is bound to the scope of its closure: when that returns or throws before the call has ended, the call is
/// cancelled on the server.
extension RPCClient {
    /// One request; `body` reads the responses.
    package func serverStream<Request: WirePayload, Response: WirePayload, Result>(
        _ method: Method<Request, Response>, _ request: Request, options: CallOptions = CallOptions(),
        _ body: (MessageStream<Response>) async throws -> Result
    ) async throws -> Result {
        let payload = try request.encoded()
        return try await chain.run(ClientCall(method: method.info, options: options)) { call in
            let record = try begin(call, payload)
            return try await scope(record) { try await body(reader(record)) }
        }
    }

    /// `produce` writes the requests; when it returns they are complete, and the reply is awaited.
    package func clientStream<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, options: CallOptions = CallOptions(),
        _ produce: (MessageWriter<Request>) async throws -> Void
    ) async throws -> Response {
        try await chain.run(ClientCall(method: method.info, options: options)) { call in
            let record = try begin(call, [])
            return try await scope(record) {
                do {
                    try await produce(writer(record))
                } catch {
                    // The server may have ended the call, which failed the write: its word counts, be it a reply or an error.
                    guard let outcome = await outcome(record) else { throw error }
                    return try decode(outcome.get().payload)
                }
                loop.execute { self.core.value.endRequests(record) }
                let reply = try await withTaskCancellationHandler {
                    try await withUnsafeThrowingContinuation { continuation in
                        if !loop.execute({ record.whenEnded(continuation) }) { continuation.resume(throwing: RPCError.threadClosed) }
                    }
                } onCancel: {
                    cancel(record)
                }
                return try decode(reply.payload)
            }
        }
    }

    /// `body` writes and reads as it likes; `finish()` of the writer says that no more requests come.
    package func bidirectional<Request: WirePayload, Response: WirePayload, Result>(
        _ method: Method<Request, Response>, options: CallOptions = CallOptions(),
        _ body: (MessageWriter<Request>, MessageStream<Response>) async throws -> Result
    ) async throws -> Result {
        try await chain.run(ClientCall(method: method.info, options: options)) { call in
            let record = try begin(call, [])
            return try await scope(record) { try await body(writer(record), reader(record)) }
        }
    }

    private func begin(_ call: ClientCall, _ payload: [UInt8]) throws(RPCError) -> ClientCallRecord {
        let kind = call.method.kind
        let record = ClientCallRecord(
            core: core, method: call.method, metadata: call.options.metadata, deadline: deadline(call.options),
            waitForReady: call.options.waitForReady, request: payload,
            inbound: kind.responsesStream ? InboundStream(configuration: configuration.connection) : nil,
            outbound: kind.requestsStream ? OutboundStream() : nil, configuration: configuration.connection)
        guard loop.execute({ self.core.value.start(record) }) else { throw .threadClosed }
        return record
    }

    private func scope<Result>(_ record: ClientCallRecord, _ body: () async throws -> Result) async throws -> Result {
        defer { cancel(record) }
        return try await withTaskCancellationHandler {
            try await body()
        } onCancel: {
            cancel(record)
        }
    }

    /// How the call has ended; nil if it has not.
    private func outcome(_ record: ClientCallRecord) async -> Result<ClientReply, RPCError>? {
        await withUnsafeContinuation { result in
            if !loop.execute({ result.resume(returning: record.outcome) }) { result.resume(returning: nil) }
        }
    }

    private func reader<Response: WirePayload>(_ record: ClientCallRecord) -> MessageStream<Response> {
        guard let inbound = record.inbound else { preconditionFailure("\(record.method.path) does not stream its responses") }
        let core = core
        return MessageStream(
            inbound: inbound, limits: configuration.decoding,
            grant: { messages, bytes in core.loop.execute { core.value.grant(record, messages: messages, bytes: bytes) } },
            malformed: { error in core.loop.execute { core.value.malformedPayload(record, error) } })
    }

    private func writer<Request: WirePayload>(_ record: ClientCallRecord) -> MessageWriter<Request> {
        guard let outbound = record.outbound else { preconditionFailure("\(record.method.path) does not stream its requests") }
        let core = core
        return MessageWriter(
            outbound: outbound, send: { bytes in core.loop.execute { core.value.send(bytes, of: record) } },
            end: {
                outbound.end(RPCError(.failedPrecondition, "a message was written after finish()"))
                core.loop.execute { core.value.endRequests(record) }
            })
    }
}
