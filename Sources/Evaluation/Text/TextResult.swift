/// What written texts are worth beside the texts that they are compared with, by all the measures that the field reports; each names which it is.
package struct TextResult: Sendable, Hashable, Codable {
    package struct Figure: Sendable, Hashable, Codable {
        /// "bleu4", "rougeL_stemmed", "nmt_rougeL", …
        package let name: String
        /// For people.
        package let title: String
        /// In percent. Of ROUGE the F.
        package let value: Double
    }

    /// What the texts are.
    package let hypotheses: String
    /// What they are compared with.
    package let references: String
    package let pairs: Int
    package let figures: [Figure]

    /// - Parameters:
    ///   - hypotheses: what the texts are, in words.
    ///   - references: what they are compared with.
    package init(_ pairs: [TextPair], hypotheses: String, references: String) {
        self.hypotheses = hypotheses
        self.references = references
        self.pairs = pairs.count
        let bleu = BLEU(pairs, .mteval13a), plain = BLEU(pairs, .none)
        var figures = [1, 2, 4].map { order in
            Figure(
                name: "bleu\(order)", title: "BLEU-\(order), sacrebleu (13a, smoothing exp)", value: bleu.score(order: order).value)
        }
        for order in [1, 4] {
            figures.append(
                Figure(
                    name: "nmt_bleu\(order)", title: "BLEU-\(order), tensorflow/nmt as POD and RDRec report",
                    value: plain.nmtScore(order: order)))
        }
        for (rouge, name) in [
            (ROUGE.rougeScore(stemming: false), { $0 }), (.rougeScore(stemming: true), { "\($0)_stemmed" }), (.nmt, { "nmt_\($0)" }),
        ] as [(ROUGE, (String) -> String)] {
            guard let (scores, _) = rouge.mean(pairs) else { continue }
            for measure in ROUGE.Measure.allCases {
                figures.append(
                    Figure(
                        name: name(measure.rawValue), title: "\(measure.title), F, \(rouge.name)", value: 100 * (scores[measure]?.f ?? 0)))
            }
        }
        self.figures = figures
    }

    /// A section of a page.
    var markdown: String {
        var table = MarkdownTable(header: ["\(pairs) \(hypotheses), beside \(references)", "Percent"])
        for figure in figures { table.add([figure.title, MarkdownTable.figure(figure.value, decimals: 2)]) }
        return "## Texts\n\n\(table.text)"
    }
}

extension ROUGE.Measure {
    /// As tables write it.
    package var title: String {
        switch self {
        case .one: "ROUGE-1"
        case .two: "ROUGE-2"
        case .longest: "ROUGE-L"
        }
    }
}
