import Foundation
import Kernels
import Testing

@Suite struct RelativeBiasTests {
    /// Buckets as the reference implementation of T5 gives them.
    struct Golden: Decodable {
        let num_buckets: Int
        let max_distance: Int
        let relative_position: [Int]
        let bidirectional: [Int]
        let causal: [Int]
    }

    @Test("The buckets are T5's")
    func buckets() throws {
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: folder.appendingPathComponent("buckets.json")))
        for (bidirectional, expected) in [(true, golden.bidirectional), (false, golden.causal)] {
            let buckets = RelativePositionBuckets(
                bidirectional: bidirectional, count: golden.num_buckets, maximumDistance: golden.max_distance)
            #expect(golden.relative_position.map(buckets.bucket) == expected)
        }
        let far = RelativePositionBuckets(bidirectional: true)
        #expect(far.bucket(1_000_000) == 31)
        #expect(far.bucket(-1_000_000) == 15)
    }

    @Test("The table by distance and its gradient are a gather and a scatter by bucket")
    func table() {
        let buckets = RelativePositionBuckets(bidirectional: true, count: 8, maximumDistance: 20)
        let table = Matrix.random(8, 3, seed: 1)
        var bias = Matrix(3, 61), gradient = Matrix(8, 3), expected = Matrix.random(8, 3, seed: 9)
        gradient.values = expected.values
        bias.write { bias in
            let distances = DistanceBias(bias.base, heads: 3, distances: -30...30)
            table.read { distances.fill(from: $0, buckets) }
            gradient.write { distances.addGradient(to: $0, buckets, workspace: Workspace()) }
        }
        for distance in -30...30 {
            for head in 0..<3 {
                #expect(bias[head, distance + 30] == table[buckets.bucket(distance), head])
                expected[buckets.bucket(distance), head] += bias[head, distance + 30]
            }
        }
        #expect(normalisedMeanSquareError(gradient, expected) < 1e-12)
    }
}
