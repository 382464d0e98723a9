package import Transport
package import Wire

/// How a server listens and what it bears. Validated when the server starts.
package struct ServerConfiguration: Sendable {
    /// Where it listens; at least one.
    package var endpoints: [Endpoint]
    /// Of its tcp endpoints.
    package var security: ServerSecurity = .none
    package var connection = ConnectionConfiguration()
    /// Bounds of a payload's unpacking.
    package var decoding = DecodingLimits.standard
    /// Handlers that run at a time: 1 to 100,000.
    package var maxRunningCalls = 256
    /// Calls that wait for a handler's turn: 0 to 1,000,000. Further ones end RESOURCE_EXHAUSTED.
    package var maxWaitingCalls = 4_096
    /// Bytes of requests that are held for handlers, of all calls together: 1 MiB to 1 TiB. A stream of requests counts as its initial
    /// credit. A call that would exceed them ends with RESOURCE_EXHAUSTED; one that has begun never does for this.
    package var maxHeldBytes = 2 << 30
    /// What a refused caller is asked to wait.
    package var retryAfter: Duration = .milliseconds(200)
    /// Whether health says SERVING as soon as the server listens; else its owner says so when it is ready.
    package var servesAtOnce = true
    /// At shutdown: how long open calls may go on.
    package var drainBudget: Duration = .seconds(20)
    /// Then: how long cancelled handlers may take to end.
    package var cancelBudget: Duration = .seconds(5)
    /// Then: how long the last messages may take to leave.
    package var lingerBudget: Duration = .seconds(2)

    package init(endpoints: [Endpoint]) { self.endpoints = endpoints }

    /// What is out of range or forbidden, in words.
    package func validate() throws {
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
            guard range.contains(value) else {
                throw ConfigurationError("\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        guard !endpoints.isEmpty else {
            throw ConfigurationError("a server needs at least one endpoint, such as ipc:///run/rdrec/student.ipc")
        }
        try check("maxFrameBytes", connection.maxFrameBytes, 1_024...1 << 30)
        try check("maxCallsInFlight", connection.maxCallsInFlight, 1...1_000_000)
        try check("maxMetadataBytes", connection.maxMetadataBytes, 0...32_768)
        try check("heartbeatInterval in ms", Int(Nanoseconds(connection.heartbeatInterval).count / 1_000_000), 10...600_000)
        try check("heartbeatLiveness", connection.heartbeatLiveness, 2...100)
        try check("initialCreditMessages", connection.initialCreditMessages, 1...1_000_000)
        try check("initialCreditBytes", connection.initialCreditBytes, 1...1 << 30)
        try check("maxRunningCalls", maxRunningCalls, 1...100_000)
        try check("maxWaitingCalls", maxWaitingCalls, 0...1_000_000)
        try check("maxHeldBytes", maxHeldBytes, 1 << 20...1 << 40)
        for endpoint in endpoints { try security(for: endpoint).check(endpoint) }
    }

    /// CURVE protects tcp; ipc and in-process endpoints are protected by the process's user.
    func security(for endpoint: Endpoint) -> ServerSecurity { endpoint.isIPC || endpoint.isInProcess ? .none : security }
}

/// A configuration that cannot be, in words that say what to change.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
