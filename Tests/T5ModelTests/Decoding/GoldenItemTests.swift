import Foundation
import T5Model
import Testing

/// Constrained search and direct scoring against the brute-force truth of the golden catalogue.
@Suite struct GoldenItemTests {
    @Test("Direct scoring gives every item its log-probability, and the true order", arguments: GoldenT5.all)
    func scores(_ golden: GoldenT5) throws {
        let decoder = try ItemDecoder(golden.model(), golden.catalogue()), truth = try golden.generations()
        let results = try decoder.scores(golden.itemRequests(CatalogueView(decoder.trie)), scores: .vocabulary)
        for (row, items) in results.enumerated() {
            #expect(items.map(\.item) == truth.catalogue_order[row], "row \(row)")
            for item in items { #expect(abs(item.score - truth.catalogue_logprobs_float64[row][item.item]) < 1e-4) }
        }
        #expect(decoder.decoder.keptTokenCount == 0, "tokens that nobody needs any more are kept")
    }

    @Test("Constrained beams find at least as many of the true best as the reference's, with their true scores", arguments: GoldenT5.all)
    func beams(_ golden: GoldenT5) throws {
        let decoder = try ItemDecoder(golden.model(), golden.catalogue()), truth = try golden.generations()
        let requests = try golden.itemRequests(CatalogueView(decoder.trie))
        let labels = try (0..<40).map { try golden.label($0) }
        for reference in [truth.constrained4, truth.constrained20, truth.constrained40] {
            let count = reference.num_beams
            for (row, items) in try decoder.best(count, beams: count, requests, scores: .vocabulary).enumerated() {
                let best = Set(truth.catalogue_order[row].prefix(count))
                let found = items.count { best.contains($0.item) }
                let foundThere = reference.labels(row).count { label in labels.firstIndex(of: label).map { best.contains($0) } ?? false }
                #expect(found >= foundThere, "row \(row), \(count) beams: \(found) of the best, the reference has \(foundThere)")
                #expect(Set(items.map(\.item)).count == count)
                #expect(items.map(\.score) == items.map(\.score).sorted(by: >))
                for item in items { #expect(abs(item.score - truth.catalogue_logprobs_float64[row][item.item]) < 1e-4) }
                if count == 40 { #expect(items.map(\.item) == truth.catalogue_order[row], "row \(row)") }
            }
        }
    }

    @Test("Among allowed tokens alone, the items' probabilities add up to 1", arguments: GoldenT5.all)
    func allowed(_ golden: GoldenT5) throws {
        let decoder = try ItemDecoder(golden.model(), golden.catalogue())
        for candidates in [nil, [3], [0, 1, 2, 3], Array(5..<30)] as [[Int]?] {
            let view = try CatalogueView(decoder.trie, candidates: candidates, excluding: [7])
            for items in try decoder.scores(golden.itemRequests(view)) {
                #expect(items.count == view.count)
                #expect(abs(items.reduce(0) { $0 + exp($1.score) } - 1) < 1e-5)
            }
        }
    }
}

extension GoldenT5 {
    /// The tokens of a catalogue's item.
    func label(_ item: Int) throws -> [Int32] {
        try JSONDecoder().decode([[Int32]].self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder())/catalogue.json")))[item]
    }
}
