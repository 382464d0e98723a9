/// Work that many ask for and that runs once at a time. Who asks while it runs gets what the next run brings, together with all others who wait
/// for that: never what began before they asked, which may lack what they have just done.
actor SharedRun<Value: Sendable> {
    private let work: @Sendable () async throws -> Value
    /// The last that was asked for.
    private var last: Task<Value, any Error>?
    /// Of it, before it has begun.
    private var waiting: Task<Value, any Error>?

    init(_ work: @escaping @Sendable () async throws -> Value) { self.work = work }

    func value() async throws -> Value {
        if let waiting { return try await waiting.value }
        let task = Task { [last, work] in
            _ = await last?.result
            waiting = nil
            return try await work()
        }
        waiting = task
        last = task
        return try await task.value
    }
}
