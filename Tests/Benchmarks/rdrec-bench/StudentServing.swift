import Foundation
import T5Model
import Transport

/// Requests to a student, as its daemon would answer them: the encoder once, 20 beams inside the catalogue, or an item a token.
extension StudentSuite {
    /// The prompts of histories and of candidates, each item's digits as its tokens.
    func beams(_ what: String, _ name: String, bar: Double, practiceBar: Double, into report: inout Report) throws {
        let trie = try CatalogueTrie(requests.items)
        let decoder = try ItemDecoder(T5Model(parameters(configuration()), kernels: kernels), trie)
        let asked =
            what == "seq"
            ? try requests.seq.map { ItemRequest(tokens: $0, task: .sequential, view: try CatalogueView(trie)) }
            : try requests.topn.map { row in
                ItemRequest(tokens: row.prompt, task: .topN, view: try CatalogueView(trie, candidates: row.candidates))
            }
        var rates: [Double] = [], ratios: [String: [Double]] = [:], theirs: [String: [Double]] = [:]
        for round in 0...(quick ? 2 : 7) {
            let begin = MonotonicTime.now()
            let answers = try decoder.best(15, beams: 20, asked)
            let rate = Double(asked.count) / (.now() - begin).seconds
            precondition(answers.allSatisfy { $0.count == 15 })
            if round == 0 { continue }
            rates.append(rate)
            guard let peer else { continue }
            for way in ["fp32", "bf16", "best"] where way == "best" || round == 1 {
                // Its first time warms it up.
                if round == 1, way == "best" { _ = try peer.measure(what, way) }
                let figure = try peer.measure(what, way).perSecond
                theirs[way, default: []].append(figure)
                ratios[way, default: []].append(rate / figure)
            }
        }
        report.add("student.\(name).users_per_second", rates.median, unit: "users/s", better: "higher", bar: bar)
        for (way, words, bar) in [
            ("best", "best_practice", practiceBar as Double?), ("bf16", "reference_bf16", nil), ("fp32", "reference_fp32", nil),
        ] {
            guard let ratio = ratios[way], let rate = theirs[way] else { continue }
            report.add("student.\(name).over_\(words)", ratio.median, unit: "ratio", better: "higher", bar: bar)
            report.add("student.\(name).\(words).users_per_second", rate.median, unit: "users/s", better: "higher")
        }
    }

    /// Histories of 20 items, a token each, and the ten best of all items in one step of the decoder.
    func atomic(into report: inout Report) throws {
        let count = requests.items.count, configuration = configuration(items: count)
        let items = try AtomicIndexing(itemCount: count, firstToken: Int32(Self.vocabulary))
        let decoder = try ItemDecoder(T5Model(parameters(configuration), kernels: kernels), items.trie)
        let asked = try (0..<64).map { user in
            let history = (0..<20).flatMap { items.label((user * 7_919 + $0 * 104_729) % count) }
            return ItemRequest(tokens: history + [configuration.endToken], task: .sequential, view: try CatalogueView(items.trie))
        }
        var rates: [Double] = [], alone: [Double] = []
        for round in 0...(quick ? 3 : 15) {
            let begin = MonotonicTime.now()
            _ = try decoder.best(10, beams: 10, asked)
            let rate = Double(asked.count) / (.now() - begin).seconds
            if round > 0 { rates.append(rate) }
        }
        for round in 0..<(quick ? 40 : 200) {
            let begin = MonotonicTime.now()
            _ = try decoder.best(10, beams: 10, [asked[round % asked.count]])
            alone.append((.now() - begin).seconds * 1_000)
        }
        report.add("student.atomic.users_per_second", rates.median, unit: "users/s", better: "higher", bar: 300)
        report.add("student.atomic.single_p50_ms", alone.median, unit: "ms", better: "lower", bar: 12)
    }
}
