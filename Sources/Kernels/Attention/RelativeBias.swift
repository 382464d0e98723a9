internal import Glibc

/// T5's relative-position buckets (Raffel et al., 2020): near distances have one each, far ones share them logarithmically.
package struct RelativePositionBuckets: Sendable {
    /// Whether keys after the query have buckets of their own (the encoder), or all share that of distance 0 (the decoder).
    package let bidirectional: Bool
    /// How many there are.
    package let count: Int
    /// Distances from here on share the last one.
    package let maximumDistance: Int

    package init(bidirectional: Bool, count: Int = 32, maximumDistance: Int = 128) {
        let exact = (bidirectional ? count / 2 : count) / 2
        Shapes.require(exact >= 1 && maximumDistance > exact, "RelativePositionBuckets", "\(count) buckets up to \(maximumDistance)")
        self.bidirectional = bidirectional
        self.count = count
        self.maximumDistance = maximumDistance
    }

    /// The bucket of a distance, key position - query position: below ``count``. In float32, as the reference rounds.
    package func bucket(_ distance: Int) -> Int {
        let side = bidirectional ? count / 2 : count, base = bidirectional && distance > 0 ? side : 0
        let size = bidirectional ? abs(distance) : max(-distance, 0), exact = side / 2
        if size < exact { return base + size }
        let part = logf(Float(size) / Float(exact)) / Float(log(Double(maximumDistance) / Double(exact)))
        return base + min(exact + Int(part * Float(side - exact)), side - 1)
    }
}

/// What attention adds to a score by the head and by the distance from query to key: a table [H][lowest ... highest] in memory that
/// somebody else owns.
package struct DistanceBias {
    package let base: UnsafeMutablePointer<Float>
    package let heads: Int
    /// The distances that the table has, key position - query position.
    package let distances: ClosedRange<Int>

    package init(_ base: UnsafeMutablePointer<Float>, heads: Int, distances: ClosedRange<Int>) {
        self.base = base
        self.heads = heads
        self.distances = distances
    }

    /// Distance 0 of a head; distances lie to both sides. May be outside of the table where that does not have distance 0.
    func origin(_ head: Int) -> UnsafeMutablePointer<Float> { base + head * distances.count - distances.lowerBound }

    func require(heads: Int, queries: Int, keys: Int, causal: Bool, _ operation: StaticString) {
        Shapes.require(
            self.heads == heads && distances.lowerBound <= -(queries - 1) && distances.upperBound >= (causal ? 0 : keys - 1), operation,
            "a bias of \(self.heads) heads for distances \(distances), \(heads) heads, \(queries) queries and \(keys) keys")
    }

    /// Fills the table from a bucket table [buckets, H], such as T5's `relative_attention_bias.weight`.
    package func fill(from table: Rows, _ buckets: RelativePositionBuckets) {
        Shapes.require(table.count == buckets.count && table.columns == heads, "DistanceBias", "a bucket table \(table.shape)")
        for distance in distances {
            let bucket = table[buckets.bucket(distance)]
            for head in 0..<heads { origin(head)[distance] = bucket[head] }
        }
    }

    /// Adds the table, as the gradient by distance, to the gradient [buckets, H] of the bucket table. In float64, in the order of distances.
    package func addGradient(to table: MutableRows, _ buckets: RelativePositionBuckets, workspace: Workspace) {
        Shapes.require(table.count == buckets.count && table.columns == heads, "DistanceBias", "a bucket table \(table.shape)")
        workspace.scope {
            let sums = workspace.values(Double.self, buckets.count * heads)
            sums.update(repeating: 0, count: buckets.count * heads)
            for distance in distances {
                let bucket = buckets.bucket(distance) * heads
                for head in 0..<heads { sums[bucket + head] += Double(origin(head)[distance]) }
            }
            for bucket in 0..<buckets.count {
                for head in 0..<heads { table[bucket][head] += Float(sums[bucket * heads + head]) }
            }
        }
    }
}
