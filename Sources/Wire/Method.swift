/// Which side of a call streams.
package enum CallKind: String, Sendable, Hashable, CaseIterable {
    /// One request, one response.
    case unary
    /// One request, any number of responses.
    case serverStream
    /// Any number of requests, one response.
    case clientStream
    /// Any number of both, independent of each other.
    case bidirectional

    /// Whether the client sends a stream.
    package var requestsStream: Bool { self == .clientStream || self == .bidirectional }
    /// Whether the server sends a stream.
    package var responsesStream: Bool { self == .serverStream || self == .bidirectional }
}

/// The `idempotency_level` of a method: whether a call may be sent anew when nobody knows what became of it.
package enum Idempotency: Sendable, Hashable {
    /// Nothing is promised.
    case unknown
    /// `NO_SIDE_EFFECTS`.
    case noSideEffects
    /// `IDEMPOTENT`.
    case idempotent

    /// Whether a client may repeat the call by itself.
    package var isRetryable: Bool { self != .unknown }
}

/// A method of a service, as the schema declares it. An object, since every call carries one and copying five strings costs.
package final class MethodInfo: Sendable, Hashable {
    /// `rdrec.v1.Teacher`.
    package let service: String
    /// `GenerateRationale`.
    package let name: String
    /// `/rdrec.v1.Teacher/GenerateRationale`, as CALL names it.
    package let path: String
    /// Which side streams.
    package let kind: CallKind
    /// Whether a call may be repeated.
    package let idempotency: Idempotency
    /// The full name of the request's message.
    package let requestType: String
    /// The full name of the response's message.
    package let responseType: String

    /// A method of `service`; the path follows from the names.
    package init(service: String, name: String, kind: CallKind, idempotency: Idempotency, requestType: String, responseType: String) {
        self.service = service
        self.name = name
        self.path = "/\(service)/\(name)"
        self.kind = kind
        self.idempotency = idempotency
        self.requestType = requestType
        self.responseType = responseType
    }

    /// Equal in every part.
    package static func == (left: MethodInfo, right: MethodInfo) -> Bool {
        left === right
            || left.path == right.path && left.kind == right.kind && left.idempotency == right.idempotency
                && left.requestType == right.requestType && left.responseType == right.responseType
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(path) }
}

/// A method with the Swift types of its messages. `Method<RawPayload, RawPayload>` is one whose messages pass through untouched.
package struct Method<Request: WirePayload, Response: WirePayload>: Sendable {
    /// What the schema says of it.
    package let info: MethodInfo

    /// The method that `info` describes.
    package init(info: MethodInfo) { self.info = info }

    /// `/rdrec.v1.Teacher/GenerateRationale`.
    package var path: String { info.path }
    /// Which side streams.
    package var kind: CallKind { info.kind }
    /// Whether a call may be repeated.
    package var idempotency: Idempotency { info.idempotency }
}
