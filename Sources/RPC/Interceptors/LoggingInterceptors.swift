package import Logging
internal import Transport
internal import Wire

/// Logs each call that a server answers, when it ends: at debug level, or at warning where the fault may be the server's.
package struct ServerLoggingInterceptor: ServerInterceptor {
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    package func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {
        let begin = MonotonicTime.now()
        var code = StatusCode.ok
        var message = ""
        defer {
            var metadata: Logger.Metadata = [
                "rpc.method": "\(call.method.path)", "rpc.status": "\(code)", "rpc.seconds": "\((.now() - begin).seconds)",
                "peer.name": "\(call.peer.name)", "rpc.call_id": "\(call.callID)",
            ]
            if !message.isEmpty { metadata["rpc.message"] = "\(message)" }
            if let trace = call.traceParent { metadata["trace.id"] = "\(trace.traceID)" }
            logger.log(level: code.mayBeServersFault ? .warning : .debug, "call ended", metadata: metadata)
        }
        do {
            try await next(call)
        } catch {
            let failure = RPCError(from: error)
            code = failure.code
            message = failure.message
            throw error
        }
    }
}

/// Logs each call that a client makes, at debug level.
package struct ClientLoggingInterceptor: ClientInterceptor {
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    package func intercept<Reply>(_ call: ClientCall, next: (ClientCall) async throws -> Reply) async throws -> Reply {
        let begin = MonotonicTime.now()
        var code = StatusCode.ok
        defer {
            logger.debug(
                "called",
                metadata: [
                    "rpc.method": "\(call.method.path)", "rpc.status": "\(code)", "rpc.seconds": "\((.now() - begin).seconds)",
                ])
        }
        do {
            return try await next(call)
        } catch {
            code = RPCError(from: error).code
            throw error
        }
    }
}

extension StatusCode {
    /// Codes that a caller cannot cause by what it asks.
    var mayBeServersFault: Bool {
        switch self {
        case .unknown, .internal, .dataLoss: true
        default: false
        }
    }
}
