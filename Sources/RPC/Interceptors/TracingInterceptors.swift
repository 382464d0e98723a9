internal import Wire

/// Sends W3C trace context with each call: that of the call which is being answered, one step down, or a new trace.
package struct ClientTracingInterceptor: ClientInterceptor {
    package init() {}

    package func intercept<Reply>(_ call: ClientCall, next: (ClientCall) async throws -> Reply) async throws -> Reply {
        guard call.options.metadata[key: "traceparent"] == nil else { return try await next(call) }
        var call = call
        let parent = ServerCall.current?.traceParent
        call.options.metadata.set("traceparent", (parent?.child() ?? .root()).description)
        if parent != nil, let state = ServerCall.current?.metadata.text("tracestate") { call.options.metadata.set("tracestate", state) }
        return try await next(call)
    }
}

/// Begins a trace for a call that came without one, so that what its handler calls in turn can be followed, and tells the caller which in
/// the trailers.
package struct ServerTracingInterceptor: ServerInterceptor {
    package init() {}

    package func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {
        guard call.traceParent == nil else { return try await next(call) }
        var metadata = call.metadata
        let trace = TraceParent.root().description
        metadata.set("traceparent", trace)
        call.addTrailer("traceparent", trace)
        try await next(call.with(metadata: metadata))
    }
}
