import Foundation
import Kernels
import T5Model
import Testing

/// Items' rows as sums of their own and of what is said of them, and losses over items alone.
@Suite struct ItemContentTests {
    static func configuration(dropout: Float = 0) -> T5Configuration {
        var c = T5Configuration.small(dropout: dropout)
        c.itemCount = 12
        c.contentWordCount = 7
        return c
    }

    /// Some items have words in common, one has none.
    static let content = ItemContent(SparseRows(columnCount: 7, (0..<12).map(words)))

    private static func words(_ item: Int) -> [(column: Int32, value: Float)] {
        if item == 5 { return [] }
        let weight = 0.5 + Float(item) / 10
        return [(Int32(item % 3), weight), (Int32(3 + item % 4), 0.25)]
    }

    private func model(_ c: T5Configuration = configuration(), threads: Int = 2) throws -> T5Model {
        T5Model(T5Parameters.random(c), precision: .float32, kernels: try .test(threads: threads), content: Self.content)
    }

    private func histories(_ c: T5Configuration) throws -> T5Batch {
        var batch = T5Batch(c, saysItems: true)
        let first = c.items.lowerBound
        try batch.append(tokens: [3, 4], task: 1, labels: [first, first + 3, first + 11])
        try batch.append(tokens: [], task: 1, labels: [first + 5, -100, first + 7, first + 2])
        return batch
    }

    @Test("Gradients of own rows and of content are those of the loss", arguments: [nil, 3] as [UInt64?])
    func gradients(_ seed: UInt64?) throws {
        let c = Self.configuration(dropout: seed == nil ? 0 : 0.25), model = try model(c), batch = try histories(c)
        let result = model.gradientValues(batch, dropoutSeed: seed)
        let start = Array(model.parameters.values)
        for name in [T5Layout.itemContentName, T5Layout.embeddingName, "decoder.final_layer_norm.weight"] {
            let entry = try #require(model.parameters.layout[name])
            let norm = result.values[entry.range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            try #require(norm > 0)
            func loss(_ step: Double) -> Double {
                for i in entry.range { model.parameters.values[i] = start[i] + Float(step * Double(result.values[i]) / norm) }
                model.parametersChanged()
                return model.gradientValues(batch, dropoutSeed: seed).loss.mean
            }
            let slope = (loss(5e-4) - loss(-5e-4)) / 1e-3
            #expect(abs(slope - norm) < 0.02 * norm + 5e-3, "\(name): \(slope) and \(norm)")
            for i in entry.range { model.parameters.values[i] = start[i] }
        }
    }

    @Test func `What is said of items can be put into their rows, and nothing changes`() throws {
        let c = Self.configuration(), model = try model(c)
        let plain = model.parameters.withContentInRows(Self.content, kernels: model.kernels)
        let other = T5Model(plain, precision: .float32, kernels: model.kernels, content: .none(c))
        #expect(model.loss(try histories(c)) == other.loss(try histories(c)))
        let indexing = try AtomicIndexing(itemCount: 12, firstToken: c.items.lowerBound)
        let request = ItemRequest(
            tokens: [3], task: .sequential, decoderTokens: [c.items.lowerBound + 2], view: try CatalogueView(indexing.trie))
        let one = try ItemDecoder(model, indexing.trie).scores([request]), two = try ItemDecoder(other, indexing.trie).scores([request])
        #expect(one == two && one[0].count == 12)
    }

    @Test func `A loss over items is that of the shares among items alone`() throws {
        let c = Self.configuration(), model = try model(c), items = try histories(c)
        var words = T5Batch(c)
        let first = c.items.lowerBound
        try words.append(tokens: [3, 4], task: 1, labels: [first, first + 3, first + 11])
        var expected = 0.0
        model.forward(words) { output in
            let workspace = Workspace()
            workspace.scope {
                let logits = workspace.rows(3, c.vocabularyCount)
                output.logits(0..<3, into: logits)
                for (row, label) in [first, first + 3, first + 11].enumerated() {
                    let all = (c.items).map { Double(logits[row][Int($0)]) }, top = all.max() ?? 0
                    expected += top + log(all.reduce(0) { $0 + exp($1 - top) }) - Double(logits[row][Int(label)])
                }
            }
        }
        var sums: [Double] = []
        _ = model.loss(items) { _, sum, _ in sums.append(sum) }
        #expect(abs(sums[0] - expected) < 1e-4)
        #expect(items.labels.prefix(3) == [0, 3, 11] && items.outputs == c.items)
    }

    @Test func `A label that is no item is refused where items are said`() {
        var batch = T5Batch(Self.configuration(), saysItems: true)
        #expect(throws: T5InputError.self) { try batch.append(tokens: [3], labels: [4]) }
        #expect(batch.sequenceCount == 0)
    }

    @Test func `Training moves rare items by what they share with others`() throws {
        let c = Self.configuration(), model = try model(c)
        var options = TrainingOptions(LearningRateSchedule(peak: 0.01))
        options.weightDecay = 0
        let trainer = T5Trainer(model, options), batch = try histories(c)
        let first = c.items.lowerBound, before = try #require(model.parameters[T5Layout.itemContentName]).map { $0 }
        let losses = try (0..<30).map { _ in try trainer.train(on: batch).loss }
        #expect(losses[29] < 0.5 * losses[0])
        #expect(try #require(model.parameters[T5Layout.itemContentName]).map { $0 } != before)
        // More is said of item 5 now.
        var rows = (0..<12).map(Self.words)
        rows[5] = [(0, 1)]
        let old = Array(UnsafeBufferPointer(start: model.weights.embedding(model.parameters)[Int(first) + 5], count: c.width))
        model.weights.replaceContent(ItemContent(SparseRows(columnCount: 7, rows)))
        model.parametersChanged()
        let new = Array(UnsafeBufferPointer(start: model.weights.embedding(model.parameters)[Int(first) + 5], count: c.width))
        let word = Array(UnsafeBufferPointer(start: model.parameters.itemContent[0], count: c.width))
        #expect(zip(zip(old, word), new).allSatisfy { abs($0.0 + $0.1 - $1) < 1e-6 })
    }

    @Test func `Words at the start are read, learnt from, and read the same by cached decoding`() throws {
        let c = Self.configuration(), model = try model(c), first = c.items.lowerBound
        let words = WeightedWords([(0, 0.75), (4, -0.5)])
        func batch(_ start: WeightedWords?) throws -> T5Batch {
            var batch = T5Batch(c, saysItems: true)
            try batch.append(tokens: [3], task: 1, labels: [first + 5], startWords: nil)
            try batch.append(tokens: [3], task: 1, labels: [first + 5, first + 2], startWords: start)
            return batch
        }
        let plain = model.loss(try batch(nil)), told = model.loss(try batch(words))
        #expect(plain.sum != told.sum)
        // The gradient of the words' rows, by differences.
        let result = model.gradientValues(try batch(words)), entry = try #require(model.parameters.layout[T5Layout.itemContentName])
        let start = Array(model.parameters.values),
            norm = result.values[entry.range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        func loss(_ step: Double) throws -> Double {
            for i in entry.range { model.parameters.values[i] = start[i] + Float(step * Double(result.values[i]) / norm) }
            model.parametersChanged()
            return model.loss(try batch(words)).mean
        }
        let slope = try (loss(5e-4) - loss(-5e-4)) / 1e-3
        #expect(abs(slope - norm) < 0.02 * norm + 5e-3, "\(slope) and \(norm)")
        _ = try loss(0)
        // Scores of the next item after one, by both ways.
        let trie = try AtomicIndexing(itemCount: 12, firstToken: first).trie
        let request = ItemRequest(
            tokens: [3], task: .sequential, decoderTokens: [first + 5], startWords: words, view: try CatalogueView(trie))
        let score = try #require(try ItemDecoder(model, trie).scores([request])[0].first { $0.item == 2 }).score
        var whole = 0.0
        var one = T5Batch(c, saysItems: true)
        try one.append(tokens: [3], task: 1, labels: [-100, first + 2], decoderTokens: [0, first + 5], startWords: words)
        whole = model.loss(one).sum
        #expect(abs(score + whole) < 1e-4)
        #expect(throws: T5InputError.self) {
            var wrong = T5Batch(c, saysItems: true)
            try wrong.append(tokens: [3], labels: [first], startWords: WeightedWords([(7, 1)]))
        }
        #expect(throws: T5InputError.self) {
            let wrong = ItemRequest(tokens: [3], startWords: WeightedWords([(7, 1)]), view: try CatalogueView(trie))
            _ = try ItemDecoder(model, trie).scores([wrong])
        }
    }
}
