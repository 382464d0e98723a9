import Foundation
import LlamaModel
import Testing

/// Small models with random weights against a reference that was written from the definition alone (Fixtures/make_models.py): what the
/// default model does not have, such as biases, scaled rotation, untied outputs and the other block types.
@Suite struct ReferenceModelTests {
    struct Reference: Decodable {
        let tokens: [Int32]
        /// Where logits are known, [positions][V].
        let positions: [Int]
        let exact: [[Float]]
        /// With the inputs of quantised layers rounded to 8 bits.
        let rounded: [[Float]]
    }

    private func reference(_ name: String) throws -> Reference {
        let all = try JSONDecoder().decode([String: Reference].self, from: GoldenModel.fixture("models/logits.json"))
        return try #require(all[name])
    }

    /// Logits of the reference's positions, its tokens read in one piece or cut in two.
    private func logits(_ name: String, _ reference: Reference, _ precision: WeightPrecision, half: Bool = false, cut: Int? = nil) throws
        -> [[Float]]
    {
        let runner = try ModelRunner(precision, path: GoldenModel.fixturePath("models/\(name).gguf"), positions: 64, half: half)
        var logits: [[Float]] = []
        for end in [cut, reference.tokens.count].compactMap({ $0 }) {
            let part = Array(reference.tokens[logits.count..<end])
            logits += runner.feed(part, at: logits.count, outputs: part.indices.map { Int32($0) }) { rows in rows.map { Array($0) } }
        }
        return reference.positions.map { logits[$0] }
    }

    /// The largest difference of a logit, and the root of the mean square. Logits deviate by about 1.
    private func difference(_ logits: [[Float]], _ expected: [[Float]]) -> (most: Float, mean: Float) {
        #expect(logits.map(\.count) == expected.map(\.count) && !logits.isEmpty)
        let differences = zip(logits.joined(), expected.joined()).map { abs($0 - $1) }
        let squares = differences.reduce(0) { $0 + $1 * $1 }
        return (differences.max() ?? .infinity, (squares / Float(max(differences.count, 1))).squareRoot())
    }

    private static let models = ["llama-small-blocks", "llama-k-blocks", "qwen2", "tiny-llama", "tiny-qwen2"]

    @Test("With float32 weights logits are the definition's", arguments: models)
    func float32(_ name: String) throws {
        let reference = try reference(name)
        #expect(try difference(logits(name, reference, .float32), reference.exact).most < 1e-4)
        #expect(try difference(logits(name, reference, .float32, cut: 33), reference.exact).most < 1e-4)
        #expect(try difference(logits(name, reference, .float32, half: true), reference.exact).most < 5e-3)
    }

    // A number in the middle between two steps of 8 bits may be rounded either way, in another sum of another instruction set: in rows this
    // short one such number costs a third of what the rounding of all does.
    @Test("With weights as stored logits are the definition's with inputs rounded to 8 bits", arguments: models)
    func asStored(_ name: String) throws {
        let reference = try reference(name)
        let stored = try difference(logits(name, reference, .asStored), reference.rounded)
        #expect(stored.most < 0.05 && stored.mean < 0.008, "\(stored)")
        let cost = try difference(logits(name, reference, .asStored, half: true), reference.exact)
        #expect(cost.most < 0.2 && cost.mean < 0.05, "\(cost)")
    }
}
