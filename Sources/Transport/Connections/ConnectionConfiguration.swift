package import Wire

/// What one side of a connection accepts and how it paces itself. The defaults are those of PROTOCOL.md 6.1.
package struct ConnectionConfiguration: Sendable, Hashable {
    /// Longest payload frame taken, in bytes: 1,024 to 1 GiB.
    package var maxFrameBytes = 4 << 20
    /// Calls that one client may have open: 1 to 1,000,000. Of the server.
    package var maxCallsInFlight = 1_024
    /// Keys and values of one header together, in bytes: 0 to 32,768.
    package var maxMetadataBytes = 16_384
    /// Between signs of life: 10 ms to 10 minutes. Of the server; its clients follow.
    package var heartbeatInterval: Duration = .seconds(1)
    /// Intervals of silence before a peer counts as dead: 2 to 100. Of the server.
    package var heartbeatLiveness = 3
    /// What each stream may send before the first grant: 1 to 1,000,000 messages.
    package var initialCreditMessages = 64
    /// And bytes: 1 to 1 GiB.
    package var initialCreditBytes = 1 << 20
    /// Of the client: how long an attempt to connect may take until the server's HELLO.
    package var connectTimeout: Duration = .seconds(5)
    /// Of the client: waits between attempts.
    package var backoff = Backoff()
    /// Of the server: connections at a time; more are refused with RESOURCE_EXHAUSTED.
    package var maxConnections = 4_096
    /// What may wait for one peer whose way is full; a peer over it is forgotten.
    package var maxQueuedBytes = 64 << 20

    package init() {}

    var limits: Limits {
        Limits(
            maxFrameBytes: UInt32(clamping: maxFrameBytes), maxCallsInFlight: UInt32(clamping: maxCallsInFlight),
            maxMetadataBytes: UInt32(clamping: maxMetadataBytes),
            heartbeatIntervalMs: UInt32(clamping: Nanoseconds(heartbeatInterval).count / 1_000_000),
            heartbeatLiveness: UInt32(clamping: heartbeatLiveness), initialCreditMessages: UInt32(clamping: initialCreditMessages),
            initialCreditBytes: UInt64(clamping: initialCreditBytes))
    }
}

/// What the peer told in its HELLO, with the protocol's defaults where it told nothing.
package struct PeerLimits: Sendable, Hashable {
    package var maxFrameBytes: Int
    package var maxCallsInFlight: Int
    package var maxMetadataBytes: Int
    package var heartbeatInterval: Nanoseconds
    package var heartbeatLiveness: Int
    package var initialCreditMessages: Int
    package var initialCreditBytes: Int

    package init(_ limits: Limits?) {
        let told = limits ?? Limits()
        maxFrameBytes = told.maxFrameBytes == 0 ? 4 << 20 : Int(told.maxFrameBytes)
        maxCallsInFlight = told.maxCallsInFlight == 0 ? .max : Int(told.maxCallsInFlight)
        maxMetadataBytes = told.maxMetadataBytes == 0 ? 16_384 : min(32_768, Int(told.maxMetadataBytes))
        // A peer cannot make this end ping faster than every 10 ms or wait for ever.
        heartbeatInterval = .milliseconds(told.heartbeatIntervalMs == 0 ? 1_000 : min(600_000, max(10, told.heartbeatIntervalMs)))
        heartbeatLiveness = told.heartbeatLiveness == 0 ? 3 : min(100, max(2, Int(told.heartbeatLiveness)))
        initialCreditMessages = min(CreditAccount.maxMessages, Int(told.initialCreditMessages))
        initialCreditBytes = Int(min(UInt64(CreditAccount.maxBytes), told.initialCreditBytes))
    }
}
