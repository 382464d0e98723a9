import Kernels
import T5Model
import Testing

/// Rows for items behind the vocabulary of a model that has none.
@Suite struct AddedItemsTests {
    @Test(
        "What was there stays, new rows are like those of the vocabulary, and the model says the same of what it knew",
        arguments: [true, false])
    func added(_ tied: Bool) throws {
        let c = T5Configuration.small(gated: !tied, tied: tied), before = T5Parameters.random(c)
        let after = try before.addingItems(30, seed: 5)
        #expect(after.configuration.vocabularyCount == 70 && after.configuration.items == 40..<70)
        for entry in before.layout.entries {
            let old = try #require(before[entry.name]), new = try #require(after[entry.name])
            #expect(Array(new.prefix(old.count)) == Array(old), "\(entry.name)")
            guard new.count > old.count else { continue }
            let added = new.dropFirst(old.count), square = added.reduce(0) { $0 + $1 * $1 } / Float(added.count)
            #expect((0.5...2).contains(square / (old.reduce(0) { $0 + $1 * $1 } / Float(old.count))), "\(entry.name)")
            #expect(Set(added).count > added.count / 2)
        }
        let again = try before.addingItems(30, seed: 5), other = try before.addingItems(30, seed: 6)
        #expect(Array(after.values) == Array(again.values) && Array(after.values) != Array(other.values))
        let (old, new) = (try states(before), try states(after))
        #expect(old == new)
        #expect(throws: T5InputError.self) { try before.addingItems(.max - 40, seed: 1) }
    }

    /// The decoder's, which the new rows have no part in.
    private func states(_ parameters: T5Parameters) throws -> [Float] {
        var batch = T5Batch(parameters.configuration)
        try batch.append(tokens: [5, 6, 7, 1], task: 1, labels: [8, 9, 1])
        let model = T5Model(parameters, precision: .float32, kernels: try .test())
        return model.forward(batch) { output in (0..<3).flatMap { row in (0..<24).map { output.decoder[row][$0] } } }
    }
}
