/// A mean over users, and how far it may be off.
package struct Estimate: Sendable, Hashable, Codable {
    package let mean: Double
    /// Of the mean: the sample's standard deviation over the root of the number of users. Nil for fewer than two.
    package let standardError: Double?
    /// That it is of.
    package let users: Int

    package init(mean: Double, standardError: Double?, users: Int) {
        self.mean = mean
        self.standardError = standardError
        self.users = users
    }
}

/// Takes in one value after the other, in constant memory (Welford's recurrence, which does not lose what large sums lose).
package struct Estimating: Sendable {
    private var count = 0, mean = 0.0, squares = 0.0

    package init() {}

    package mutating func add(_ value: Double) {
        count += 1
        let off = value - mean
        mean += off / Double(count)
        squares += off * (value - mean)
    }

    /// Nil before the first value.
    package var estimate: Estimate? {
        guard count > 0 else { return nil }
        let error = count > 1 ? (max(0, squares) / Double(count - 1) / Double(count)).squareRoot() : nil
        return Estimate(mean: mean, standardError: error, users: count)
    }
}
