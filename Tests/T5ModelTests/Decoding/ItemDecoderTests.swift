import Foundation
import Kernels
import T5Model
import Testing

/// A small random model with items of its own, and requests of different lengths.
private struct RandomCase {
    let model: T5Model
    let trie: CatalogueTrie
    let labels: [[Int32]]
    let prompts: [(tokens: [Int32], wholeWords: [Int32]?, task: RecommendationTask?)]

    /// - Parameter atomic: Items are a token each; else sequences over few tokens.
    init(atomic: Bool, items: Int = 90, precision: ProductPrecision = .float32, threads: Int = 2, seed: UInt64 = 1) throws {
        var random = Generator(seed)
        var c = T5Configuration(
            vocabularyCount: 300 + items, width: 48, headWidth: 16, heads: 3, feedForward: 80, encoderLayers: 2, decoderLayers: 3)
        c.itemCount = items
        let parameters = T5Parameters(c)
        parameters.initialize(seed: seed)
        model = try T5Model(parameters, precision: precision, kernels: .test(threads: threads))
        labels = atomic ? (0..<Int32(items)).map { [300 + $0] } : randomCatalogue(items, tokens: 6, longest: 4, &random)
        trie = try CatalogueTrie(labels)
        prompts = (0..<7).map { index in
            let tokens = (0..<Int.random(in: 1...40, using: &random)).map { _ in Int32.random(in: 2..<300, using: &random) }
            return (
                tokens, index % 2 == 0 ? tokens.map { _ in Int32.random(in: 0..<9, using: &random) } : nil,
                index % 3 == 0 ? nil : .sequential
            )
        }
    }

    func requests(_ views: [CatalogueView], decoderTokens: [Int32] = []) -> [ItemRequest] {
        prompts.enumerated().map {
            ItemRequest(
                tokens: $1.tokens, wholeWords: $1.wholeWords, task: $1.task, decoderTokens: decoderTokens, view: views[$0 % views.count])
        }
    }

    /// The score of an item by the whole model run on its whole sequence, in float64 from the logits on.
    func truth(_ request: ItemRequest, _ item: Int, _ basis: ScoreBasis) throws -> Double {
        let read = [0] + request.decoderTokens + labels[item].dropLast(), c = model.configuration
        var batch = T5Batch(c)
        try batch.append(
            tokens: request.tokens, wholeWords: request.wholeWords, task: request.task?.rawValue,
            labels: request.decoderTokens + labels[item], decoderTokens: read)
        return model.forward(batch) { output in
            let memory = AlignedBuffer(byteCount: read.count * c.vocabularyCount * 4)
            let logits = MutableRows(memory.bytes.assumingMemoryBound(to: Float.self), count: read.count, columns: c.vocabularyCount)
            output.logits(0..<read.count, into: logits)
            var score = 0.0, node = 0
            for (place, token) in labels[item].enumerated() {
                let row = logits[request.decoderTokens.count + place]
                var children: [Int32] = []
                request.view.appendAllowedChildren(node, to: &children)
                let rivals = basis == .vocabulary ? Array(0..<c.vocabularyCount) : children.map { Int(trie.tokens[Int($0)]) }
                let most = rivals.map { Double(row[$0]) }.max() ?? 0
                score += Double(row[Int(token)]) - most - log(rivals.reduce(0.0) { $0 + exp(Double(row[$1]) - most) })
                node = trie.child(node, token: token) ?? 0
            }
            return score
        }
    }
}

@Suite struct ItemDecoderTests {
    @Test(
        "Direct scores are those of the whole sequences, with what the decoder read before them too", arguments: [false, true],
        ScoreBasis.allCases)
    func scores(_ atomic: Bool, _ basis: ScoreBasis) throws {
        let test = try RandomCase(atomic: atomic), decoder = try ItemDecoder(test.model, test.trie)
        let view = try CatalogueView(test.trie, candidates: Array(10..<30), excluding: [12, 13])
        for decoderTokens in [[], [17, 290, 4]] as [[Int32]] {
            let requests = test.requests([view], decoderTokens: decoderTokens)
            for (request, items) in zip(requests, try decoder.scores(requests, scores: basis)) {
                #expect(Set(items.map(\.item)) == Set(10..<30).subtracting([12, 13]) && items.count == 18)
                for item in items.prefix(4) + items.suffix(2) {
                    let truth = try test.truth(request, item.item, basis)
                    #expect(abs(item.score - truth) < 1e-4)
                }
            }
        }
    }

    @Test(
        "Where an item is one token, the best are exact, all of them in order", arguments: ScoreBasis.allCases,
        [ProductPrecision.float32, .bfloat16])
    func atomic(_ basis: ScoreBasis, _ precision: ProductPrecision) throws {
        let test = try RandomCase(atomic: true, precision: precision), decoder = try ItemDecoder(test.model, test.trie)
        let requests = test.requests([try CatalogueView(test.trie, excluding: [3, 4, 50])])
        let all = try decoder.scores(requests, scores: basis)
        for count in [1, 10, 1_000] {
            let best = try decoder.best(count, beams: 1, requests, scores: basis)
            for (few, every) in zip(best, all) { #expect(few == Array(every.prefix(count))) }
        }
    }

    @Test("No item outside the view, none twice, and as many as there are", arguments: [false, true])
    func views(_ atomic: Bool) throws {
        var random = Generator(8)
        let test = try RandomCase(atomic: atomic), decoder = try ItemDecoder(test.model, test.trie)
        for round in 0..<12 {
            let views = try (0..<7).map { _ in
                let some = (0..<Int.random(in: 1...30, using: &random)).map { _ in Int.random(in: 0..<90, using: &random) }
                return Bool.random(using: &random)
                    ? try CatalogueView(test.trie, candidates: some) : try CatalogueView(test.trie, excluding: some)
            }
            let requests = test.requests(views), count = [1, 5, 20, 90][round % 4]
            for (request, items) in zip(requests, try decoder.best(count, beams: count, requests)) {
                #expect(items.count == min(count, request.view.count))
                #expect(Set(items.map(\.item)).count == items.count)
                #expect(items.allSatisfy { request.view.allows(item: $0.item) && $0.score <= 0 })
            }
        }
        let one = try CatalogueView(test.trie, candidates: [41])
        for items in try decoder.best(20, beams: 20, test.requests([one])) {
            #expect(items.map(\.item) == [41] && abs(items[0].score) < 1e-6, "among itself alone an item is certain")
        }
        #expect(try decoder.best(3, beams: 3, []) == [])
    }

    @Test(
        "A request gets in a batch what it gets alone, bit for bit, with any number of threads", arguments: [false, true],
        [ProductPrecision.float32, .bfloat16])
    func alone(_ atomic: Bool, _ precision: ProductPrecision) throws {
        let test = try RandomCase(atomic: atomic, precision: precision), decoder = try ItemDecoder(test.model, test.trie)
        let views = try [CatalogueView(test.trie, excluding: [1, 2]), CatalogueView(test.trie, candidates: [4, 9, 33, 70])]
        let threaded = try ItemDecoder(RandomCase(atomic: atomic, precision: precision, threads: 5).model, test.trie)
        for basis in ScoreBasis.allCases {
            let requests = test.requests(views), together = try decoder.best(8, beams: 12, requests, scores: basis)
            for (request, items) in zip(requests, together) { #expect(try decoder.best(8, beams: 12, [request], scores: basis) == [items]) }
            #expect(try threaded.best(8, beams: 12, requests, scores: basis) == together)
            #expect(try decoder.scores(requests, scores: basis) == requests.flatMap { try decoder.scores([$0], scores: basis) })
        }
    }

    @Test("More requests than are worked on together come out in their order")
    func many() throws {
        let test = try RandomCase(atomic: false), decoder = try ItemDecoder(test.model, test.trie)
        let view = try CatalogueView(test.trie), some = test.requests([view]), expected = try decoder.best(30, beams: 30, some)
        let many = (0..<60).map { some[$0 % some.count] }
        for (index, items) in try decoder.best(30, beams: 30, many).enumerated() { #expect(items == expected[index % some.count]) }
    }

    @Test("Weights that changed are seen")
    func changed() throws {
        let test = try RandomCase(atomic: true), decoder = try ItemDecoder(test.model, test.trie)
        let requests = test.requests([try CatalogueView(test.trie)]), before = try decoder.best(5, beams: 5, requests)
        test.model.parameters.initialize(seed: 99)
        test.model.parametersChanged()
        decoder.parametersChanged()
        let after = try decoder.best(5, beams: 5, requests)
        let fresh = try ItemDecoder(test.model, test.trie).best(5, beams: 5, requests)
        #expect(after != before && after == fresh)
    }

    @Test("What cannot be read is an error that names the request")
    func errors() throws {
        let test = try RandomCase(atomic: true), decoder = try ItemDecoder(test.model, test.trie), view = try CatalogueView(test.trie)
        for (request, text) in [
            (ItemRequest(tokens: [5, 9_999], view: view), "token 9999"), (ItemRequest(tokens: [], view: view), "nothing to read"),
            (ItemRequest(tokens: [5], wholeWords: [600], view: view), "600"),
            (ItemRequest(tokens: [5], decoderTokens: [-3], view: view), "token -3"),
        ] {
            #expect { _ = try decoder.best(1, beams: 1, [ItemRequest(tokens: [5], view: view), request]) } throws: {
                "\($0)".contains("request 1") && "\($0)".contains(text)
            }
        }
        #expect { _ = try ItemDecoder(test.model, CatalogueTrie([[389], [390]])) } throws: { "\($0)".contains("token 390") }
    }
}
