/// Requests that wait for a slot, each kind in the order of arrival. A value without clock: time is an argument.
package struct RequestQueue {
    package struct Waiting {
        package let id: UInt64
        package let request: Generation
        package let since: ContinuousClock.Instant

        package init(id: UInt64, request: Generation, since: ContinuousClock.Instant) {
            self.id = id
            self.request = request
            self.since = since
        }
    }

    /// Interactive requests go first, but of so many in a row the next is a bulk one, where one waits.
    private static let longestRun = 4

    private var interactive: [Waiting] = []
    private var bulk: [Waiting] = []
    private var run = 0
    package private(set) var tokens = 0
    /// No request's deadline is before this; a queue of a thousand is not looked through at every step.
    private var earliestDeadline: ContinuousClock.Instant?

    package init() {}

    package var count: Int { interactive.count + bulk.count }
    package var isEmpty: Bool { count == 0 }
    package var oldest: ContinuousClock.Instant? { [interactive.first?.since, bulk.first?.since].compactMap { $0 }.min() }

    package mutating func append(_ waiting: Waiting) {
        switch waiting.request.priority {
        case .interactive: interactive.append(waiting)
        case .bulk: bulk.append(waiting)
        }
        tokens += waiting.request.promptTokens
        if let deadline = waiting.request.deadline { earliestDeadline = min(earliestDeadline ?? deadline, deadline) }
    }

    /// Takes out the requests whose deadline has passed.
    package mutating func expire(_ now: ContinuousClock.Instant) -> [Waiting] {
        guard let earliest = earliestDeadline, earliest <= now else { return [] }
        let late = remove(where: { $0.request.deadline.map { $0 <= now } ?? false })
        earliestDeadline = (interactive + bulk).compactMap(\.request.deadline).min()
        return late
    }

    /// The request whose turn it is; bulk ones are passed over where they may not have a slot.
    package func next(bulkAllowed: Bool) -> Waiting? {
        if bulkAllowed, let first = bulk.first, interactive.isEmpty || run >= Self.longestRun { return first }
        return interactive.first
    }

    /// Takes out what ``next(bulkAllowed:)`` gave; false where it has gone meanwhile.
    package mutating func remove(_ waiting: Waiting) -> Bool {
        run = waiting.request.priority == .interactive && !bulk.isEmpty ? run + 1 : 0
        return !remove(where: { $0.id == waiting.id }).isEmpty
    }

    /// Takes out the requests that a condition holds for.
    package mutating func remove(where condition: (Waiting) -> Bool) -> [Waiting] {
        let removed = (interactive + bulk).filter(condition)
        guard !removed.isEmpty else { return [] }
        interactive.removeAll(where: condition)
        bulk.removeAll(where: condition)
        for waiting in removed { tokens -= waiting.request.promptTokens }
        return removed
    }
}
