internal import Synchronization
package import Transport
package import Wire

/// What a handler and its interceptors know of the call they answer. Safe from any thread.
package final class ServerCall: Sendable {
    package let method: MethodInfo
    /// As the caller sent it.
    package let metadata: [Metadata]
    /// By this process's clock; nil without one.
    package let deadline: MonotonicTime?
    /// Who calls: a name and roles. Comes from the caller's key and nothing else.
    package let peer: PeerIdentity
    /// The caller's number of the call, for logs.
    package let callID: UInt64
    private let trailers = Mutex<[Metadata]>([])
    /// The call that this one was made from by an interceptor: trailers are kept there.
    private let original: ServerCall?

    /// The call that the current task answers: client calls made meanwhile take its deadline and trace from here.
    @TaskLocal package static var current: ServerCall?

    package convenience init(method: MethodInfo, metadata: [Metadata], deadline: MonotonicTime?, peer: PeerIdentity, callID: UInt64) {
        self.init(method: method, metadata: metadata, deadline: deadline, peer: peer, callID: callID, original: nil)
    }

    private init(
        method: MethodInfo, metadata: [Metadata], deadline: MonotonicTime?, peer: PeerIdentity, callID: UInt64, original: ServerCall?
    ) {
        self.method = method
        self.metadata = metadata
        self.deadline = deadline
        self.peer = peer
        self.callID = callID
        self.original = original
    }

    /// The same call with other metadata, for interceptors to pass on.
    package func with(metadata: [Metadata]) -> ServerCall {
        ServerCall(method: method, metadata: metadata, deadline: deadline, peer: peer, callID: callID, original: original ?? self)
    }

    /// Time left until the deadline, not below 0; nil without one.
    package var remaining: Duration? {
        deadline.map { max(Nanoseconds(0), $0 - .now()).duration }
    }

    /// The W3C trace context of the caller.
    package var traceParent: TraceParent? { metadata.text("traceparent").flatMap { TraceParent($0) } }

    /// Adds metadata to the status with which the call will end.
    package func addTrailer(_ key: String, _ value: String) {
        (original ?? self).trailers.withLock { $0.set(key, value) }
    }

    var allTrailers: [Metadata] { (original ?? self).trailers.withLock { $0 } }
}
