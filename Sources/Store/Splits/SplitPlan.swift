package import Wire

/// Divides interactions into the parts of a split. Pure: the same interactions and policy give the same parts.
package struct SplitPlan: Sendable {
    /// An interaction: user and item by number, time in milliseconds.
    package struct Row: Sendable, Hashable {
        package var interaction: Int64
        package var user: Int64
        package var item: Int64
        package var time: Int64

        package init(interaction: Int64, user: Int64, item: Int64, time: Int64) {
            (self.interaction, self.user, self.item, self.time) = (interaction, user, item, time)
        }
    }

    /// Of each row, in the rows' order.
    package private(set) var parts: [SplitPart]
    package private(set) var testedUsers = 0
    /// As it was applied: with its moments filled in.
    package let policy: SplitPolicy

    /// - Parameter rows: all interactions, each user's in a run, oldest first: by time, then by the order of coming.
    /// - Throws: `invalid` for a policy that cannot be.
    package init(_ policy: SplitPolicy, _ rows: [Row]) throws(StoreError) {
        let policy = try Self.checked(policy)
        var parts = [SplitPart](repeating: .training, count: rows.count)
        if policy.kCore > 1 { Self.leaveOut(&parts, rows, Int(policy.kCore)) }
        if policy.kind == .globalTime {
            self.policy = try Self.moments(policy, rows, parts)
            for (index, row) in rows.enumerated() where parts[index] == .training {
                // What has no time was before all that has one.
                if row.time == 0 { continue }
                if row.time >= self.policy.testFromMs {
                    parts[index] = .test
                } else if row.time >= self.policy.validationFromMs {
                    parts[index] = .validation
                }
            }
        } else {
            self.policy = policy
            Self.eachUser(rows) { range in
                let kept = range.filter { parts[$0] == .training }
                guard kept.count >= Self.leastTested else { return }
                parts[kept[kept.count - 1]] = .test
                parts[kept[kept.count - 2]] = .validation
            }
        }
        self.parts = parts
        Self.eachUser(rows) { range in
            if Self.isTested(range.map { parts[$0] }) { testedUsers += 1 }
        }
    }

    /// A user with fewer interactions trains and is not tested.
    package static let leastTested = 3

    /// Whether a user with interactions of these parts is one to test by.
    package static func isTested(_ parts: [SplitPart]) -> Bool {
        parts.count { $0 != .leftOut } >= leastTested && parts.contains(.test) && parts.contains(.training)
    }

    /// The policy with its defaults.
    static func checked(_ policy: SplitPolicy) throws(StoreError) -> SplitPolicy {
        var policy = policy
        if policy.kind == .unspecified { policy.kind = .leaveOneOut }
        if policy.kCore == 1 { policy.kCore = 0 }
        switch policy.kind {
        case .leaveOneOut:
            guard policy.validationFromMs == 0, policy.testFromMs == 0 else {
                throw StoreError(
                    .invalid, "validation_from_ms and test_from_ms are for GLOBAL_TIME; leave one out goes by each user's order")
            }
        case .globalTime:
            guard policy.validationFromMs >= 0, policy.testFromMs >= policy.validationFromMs,
                (policy.validationFromMs == 0) == (policy.testFromMs == 0)
            else {
                throw StoreError(
                    .invalid, "GLOBAL_TIME takes validation_from_ms before test_from_ms, or neither for the last fifth and tenth")
            }
        default: throw StoreError(.invalid, "there is no split of kind \(policy.kind)")
        }
        return policy
    }

    /// Leaves out users and items with fewer than `least` interactions, and again until none has fewer. Each row is looked at twice at most.
    private static func leaveOut(_ parts: inout [SplitPart], _ rows: [Row], _ least: Int) {
        // Users and items are told apart by the sign.
        var rowsOf: [Int64: [Int32]] = [:], counts: [Int64: Int] = [:]
        for (index, row) in rows.enumerated() {
            for owner in [row.user, -row.item] {
                rowsOf[owner, default: []].append(Int32(truncatingIfNeeded: index))
                counts[owner, default: 0] += 1
            }
        }
        var leaving = counts.filter { $0.value < least }.map(\.key)
        while let owner = leaving.popLast() {
            for index in rowsOf[owner] ?? [] where parts[Int(index)] == .training {
                parts[Int(index)] = .leftOut
                let row = rows[Int(index)], other = owner > 0 ? -row.item : row.user
                counts[other, default: 0] -= 1
                // It leaves when it goes below, once.
                if counts[other] == least - 1 { leaving.append(other) }
            }
        }
    }

    /// Without moments those from which on the last fifth and the last tenth are; all of one time are in the later part.
    private static func moments(_ policy: SplitPolicy, _ rows: [Row], _ parts: [SplitPart]) throws(StoreError) -> SplitPolicy {
        guard policy.testFromMs == 0 else { return policy }
        let times = rows.indices.lazy.filter { parts[$0] == .training && rows[$0].time > 0 }.map { rows[$0].time }.sorted()
        var policy = policy
        guard !times.isEmpty else {
            if rows.isEmpty { return policy }
            throw StoreError(.invalid, "no interaction has a time: a split by time needs them; leave one out goes by their order")
        }
        policy.validationFromMs = times[times.count * 8 / 10]
        policy.testFromMs = times[times.count * 9 / 10]
        return policy
    }

    /// Calls `body` with the range of each user's rows.
    private static func eachUser(_ rows: [Row], _ body: (Range<Int>) -> Void) {
        var begin = 0
        while begin < rows.count {
            var end = begin + 1
            while end < rows.count, rows[end].user == rows[begin].user { end += 1 }
            body(begin..<end)
            begin = end
        }
    }
}
