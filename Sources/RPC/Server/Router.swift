internal import Transport
package import Wire

/// Where a handler runs.
package enum HandlerExecution: Sendable, Hashable {
    /// On Swift's pool: the default, right for everything that computes.
    case pool
    /// On the socket thread, which saves two changes of thread: only for handlers that answer from memory in microseconds.
    case socketThread
}

/// What a handler gets beside its `ServerCall`: the request and the way back to the socket thread.
struct ServerStreams: Sendable {
    /// The request, where the method takes one.
    let request: [UInt8]
    let decodingLimits: DecodingLimits
    let record: ServerCallRecord
    let core: ServerCore
}

/// The methods that a server answers. A value: it is complete before the server starts.
package struct Router: Sendable {
    /// Answers a call with the bytes of its reply; none where responses stream.
    typealias Handler = @Sendable (ServerCall, ServerStreams) async throws -> [UInt8]

    struct Entry: Sendable {
        let info: MethodInfo
        let execution: HandlerExecution
        let handler: Handler
    }

    private(set) var entries: [String: Entry] = [:]

    package init() {}

    /// Sorted.
    package var paths: [String] { entries.keys.sorted() }

    /// One request, one response.
    package mutating func unary<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, execution: HandlerExecution = .pool,
        _ handler: @escaping @Sendable (Request, ServerCall) async throws -> Response
    ) {
        add(method, .unary, execution) { call, streams in
            try await handler(Self.request(streams), call).encoded()
        }
    }

    /// One request, any number of responses.
    package mutating func serverStream<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, execution: HandlerExecution = .pool,
        _ handler: @escaping @Sendable (Request, MessageWriter<Response>, ServerCall) async throws -> Void
    ) {
        add(method, .serverStream, execution) { call, streams in
            try await handler(Self.request(streams), Self.writer(streams), call)
            return []
        }
    }

    /// Any number of requests, one response.
    package mutating func clientStream<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, execution: HandlerExecution = .pool,
        _ handler: @escaping @Sendable (MessageStream<Request>, ServerCall) async throws -> Response
    ) {
        add(method, .clientStream, execution) { call, streams in
            try await handler(Self.reader(streams), call).encoded()
        }
    }

    /// Both sides send as they like.
    package mutating func bidirectional<Request: WirePayload, Response: WirePayload>(
        _ method: Method<Request, Response>, execution: HandlerExecution = .pool,
        _ handler: @escaping @Sendable (MessageStream<Request>, MessageWriter<Response>, ServerCall) async throws -> Void
    ) {
        add(method, .bidirectional, execution) { call, streams in
            try await handler(Self.reader(streams), Self.writer(streams), call)
            return []
        }
    }

    private mutating func add<Request, Response>(
        _ method: Method<Request, Response>, _ kind: CallKind, _ execution: HandlerExecution, _ handler: @escaping Handler
    ) {
        precondition(method.info.kind == kind, "\(method.info.path) is \(method.info.kind), not \(kind)")
        precondition(entries[method.info.path] == nil, "\(method.info.path) is registered twice")
        entries[method.info.path] = Entry(info: method.info, execution: execution, handler: handler)
    }

    private static func request<Request: WirePayload>(_ streams: ServerStreams) throws(RPCError) -> Request {
        do {
            return try Request(decoding: streams.request, limits: streams.decodingLimits)
        } catch {
            streams.core.transportMetrics.countMalformed(.payload)
            throw RPCError(.internal, "\(Request.fullName): \(error)")
        }
    }

    private static func reader<Request: WirePayload>(_ streams: ServerStreams) -> MessageStream<Request> {
        let (core, record) = (streams.core, streams.record)
        guard let inbound = record.inbound else { preconditionFailure("\(record.call.method.path) does not stream its requests") }
        return MessageStream(
            inbound: inbound, limits: streams.decodingLimits,
            grant: { messages, bytes in core.loop.execute { core.grant(record, messages: messages, bytes: bytes) } },
            // A message that does not decode reaches the handler as an error, and through it the caller.
            malformed: { _ in core.transportMetrics.countMalformed(.payload) })
    }

    private static func writer<Response: WirePayload>(_ streams: ServerStreams) -> MessageWriter<Response> {
        let (core, record) = (streams.core, streams.record)
        guard let outbound = record.outbound else { preconditionFailure("\(record.call.method.path) does not stream its responses") }
        return MessageWriter(outbound: outbound, send: { bytes in core.loop.execute { core.send(bytes, of: record) } }, end: {})
    }
}
