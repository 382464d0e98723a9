/// The upper bounds of a histogram's buckets, without the last one, `+Inf`, which every histogram has.
package struct Buckets: Sendable, Hashable {
    /// Finite and rising. A value lies in the first bucket whose bound is not below it.
    package let upperBounds: [Double]

    /// Takes bounds in any order; what is not finite and what comes twice is left out. No bounds at all leave `+Inf` alone.
    package init(_ upperBounds: [Double]) {
        // A bound of -0.0 would be the same bucket as 0.0 under a second name.
        let usable = Set(upperBounds.filter(\.isFinite).map { $0 == 0 ? 0 : $0 })
        self.upperBounds = usable.sorted()
    }

    /// For durations in seconds: from 100 µs to 10 s in steps of 1, 2.5 and 5.
    package static let seconds = Buckets([
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ])

    /// For counts and sizes: the powers of four from 1 to 1,048,576.
    package static let sizes = Buckets((0...10).map { Double(1 << (2 * $0)) })
}
