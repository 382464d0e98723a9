package import Transport
package import Wire

/// What a caller may say of one call.
package struct CallOptions: Sendable {
    /// From now until the call must have ended; nil = the client's default. A call made while answering another never outlives that one's
    /// deadline.
    package var timeout: Duration?
    /// Sent with the call; keys `[a-z0-9_.-]{1,64}`.
    package var metadata: [Metadata] = []
    /// Wait for a connection until the deadline, where a call otherwise fails at once while the server cannot be reached.
    package var waitForReady = false
    /// Repeat the call after passing failures, if its method allows it.
    package var retries = true

    package init(timeout: Duration? = nil, metadata: [Metadata] = [], waitForReady: Bool = false, retries: Bool = true) {
        self.timeout = timeout
        self.metadata = metadata
        self.waitForReady = waitForReady
        self.retries = retries
    }
}

/// How a client connects and paces itself.
package struct ClientConfiguration: Sendable {
    package var endpoint: Endpoint
    package var security: ClientSecurity = .none
    package var connection = ConnectionConfiguration()
    package var decoding = DecodingLimits.standard
    /// Of calls that say nothing; nil = no deadline.
    package var defaultTimeout: Duration?
    package var retry = RetryPolicy()
    /// Calls that may wait for the connection; more fail with RESOURCE_EXHAUSTED.
    package var maxWaitingCalls = 10_000

    package init(endpoint: Endpoint) { self.endpoint = endpoint }
}
