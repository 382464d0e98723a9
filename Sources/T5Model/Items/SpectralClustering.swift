internal import Glibc

/// Cuts a graph into clusters: the leading eigenvectors of its normalised adjacency (Ng, Jordan and Weiss, NIPS 2001), with a little of a
/// complete graph added so that rare items do not make clusters of their own (Qin and Rohe, NIPS 2013), and the assignment by pivoted QR
/// (Damle, Minden and Ying, 2019), which needs no random starts. Clusters have a largest size, so that trees of them stay low.
struct SpectralClustering {
    /// Of (A + I): each brings the subspace nearer. What is left of its error moves items that lie between clusters anyway.
    private static let iterations = 60
    /// The largest cluster has so many times its share.
    private static let slack = 1.5

    private let graph: CooccurrenceGraph
    private let clusters: Int
    /// [n, clusters], row by row: an orthonormal basis of the leading eigenvectors.
    private var basis: [Float]

    /// - Parameter clusters: How many to make at most, 2 or more and fewer than there are items.
    init(_ graph: CooccurrenceGraph, clusters: Int) {
        precondition(clusters >= 2 && clusters < graph.count, "\(clusters) clusters of \(graph.count) items")
        self.graph = graph
        self.clusters = clusters
        var random = SplitMix64(seed: 0x5bec_7a11)
        basis = (0..<graph.count * clusters).map { _ in random.normal() }
        orthonormalize()
        let degrees = (0..<graph.count).map { graph.weights[graph.offsets[$0]..<graph.offsets[$0 + 1]].reduce(0, +) }
        let added = max(degrees.reduce(0, +) / Float(graph.count), 1), scales = degrees.map { 1 / ($0 + added).squareRoot() }
        for _ in 0..<Self.iterations {
            multiply(scales, added)
            orthonormalize()
        }
    }

    /// X = X + S (W + added / n · 11ᵀ) S X.
    private mutating func multiply(_ scales: [Float], _ added: Float) {
        let k = clusters, n = graph.count
        var sums = [Float](repeating: 0, count: k), result = basis
        for item in 0..<n { for c in 0..<k { sums[c] += scales[item] * basis[item * k + c] } }
        result.withUnsafeMutableBufferPointer { result in
            basis.withUnsafeBufferPointer { basis in
                for item in 0..<n {
                    let scale = scales[item]
                    for c in 0..<k { result[item * k + c] += scale * added / Float(n) * sums[c] }
                    for entry in graph.offsets[item]..<graph.offsets[item + 1] {
                        let other = Int(graph.neighbours[entry]), factor = scale * graph.weights[entry] * scales[other]
                        for c in 0..<k { result[item * k + c] += factor * basis[other * k + c] }
                    }
                }
            }
        }
        basis = result
    }

    /// X = X R⁻¹ with RᵀR = XᵀX, twice, since the first time leaves the rounding of XᵀX (Yamamoto et al., 2015).
    private mutating func orthonormalize() {
        for _ in 0..<2 {
            let inverse = SmallMatrix.gram(basis, clusters).inverseCholesky()
            basis = SmallMatrix.multiply(basis, inverse)
        }
    }

    /// The items of each cluster, by number; no cluster is empty.
    func parts() -> [[Int]] {
        let k = clusters, n = graph.count
        let pivots = pivotRows()
        let rotation = SmallMatrix(size: k) { row, column in Double(basis[pivots[column] * k + row]) }.polarFactor()
        let scores = SmallMatrix.multiply(basis, rotation).map(abs)

        // Those whose place is clear first, and each where there is room.
        var order = Array(0..<n), clarity = [Float](repeating: 0, count: n)
        for item in 0..<n {
            var best: Float = 0, second: Float = 0
            for score in scores[item * k..<(item + 1) * k] {
                if score > best { (best, second) = (score, best) } else { second = max(second, score) }
            }
            clarity[item] = best - second
        }
        order.sort { (clarity[$1], $0) < (clarity[$0], $1) }
        let room = min(Int((Self.slack * Double(n) / Double(k)).rounded(.up)), n - 1)
        var parts = [[Int]](repeating: [], count: k)
        for item in order {
            var chosen = -1
            for c in 0..<k where parts[c].count < room {
                if chosen < 0 || scores[item * k + c] > scores[item * k + chosen] { chosen = c }
            }
            parts[chosen].append(item)
        }
        return parts.filter { !$0.isEmpty }.map { $0.sorted() }
    }

    /// The rows that a QR of Xᵀ with column pivoting picks: each the one with most left after those before.
    private func pivotRows() -> [Int] {
        let k = clusters, n = graph.count
        var rest = basis, pivots: [Int] = [], isPicked = [Bool](repeating: false, count: n)
        for _ in 0..<k {
            var best = -1, most: Float = -1
            for item in 0..<n where !isPicked[item] {
                let size = rest[item * k..<(item + 1) * k].reduce(0) { $0 + $1 * $1 }
                if size > most { (best, most) = (item, size) }
            }
            pivots.append(best)
            isPicked[best] = true
            guard most > 0 else { continue }
            let direction = rest[best * k..<(best + 1) * k].map { $0 / most.squareRoot() }
            for item in 0..<n {
                var along: Float = 0
                for c in 0..<k { along += rest[item * k + c] * direction[c] }
                for c in 0..<k { rest[item * k + c] -= along * direction[c] }
            }
        }
        return pivots
    }
}
