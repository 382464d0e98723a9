extension EvaluationReport {
    /// A page: what was measured and how, the table, rare targets apart, explanations.
    package var markdown: String {
        var sections = ["# Evaluation of model \(model.version) (\(job))", facts]
        if model.leaksTestOrder {
            sections.append(
                "**Leak: the indexing `\(model.indexing)` numbers items in an order that gives test items away. The model's figures say nothing "
                    + "about the model; see the id-order rule.**")
        }
        sections.append("## Ranking: \(`protocol`.summary)\n\n\(rankingTable)")
        sections.append("## By how often training saw the target: \(`protocol`.summary)\n\n\(tailTable)")
        if let explanations { sections.append(explanations.markdown) }
        sections.append((`protocol`.definitions + notes).map { "- \($0)" }.joined(separator: "\n"))
        return sections.map { $0.trimmingLines }.joined(separator: "\n\n") + "\n"
    }

    private var facts: String {
        var table = MarkdownTable(header: ["", "Value"])
        let conditions = `protocol`
        var rows = [
            ("Protocol", conditions.splitKind.rawValue),
            ("Candidates", conditions.candidates), ("Seen items", conditions.seenItemsHidden ? "hidden" : "shown"),
            ("Part", conditions.part.rawValue), ("Split", "version \(conditions.splitVersion), \(conditions.splitKind.rawValue)"),
            ("Users tested", "\(conditions.usersTested)"),
            ("Items in the catalogue", "\(conditions.catalogueItems)"),
            ("Targets outside the catalogue (misses)", "\(conditions.targetsOutsideCatalogue)"),
            ("Targets that the user had before (ranked)", "\(conditions.repeatedTargets)"),
            ("Users with too little before (not tested)", "\(conditions.usersNotTested)"),
            ("Model", "\(model.version), \(model.digest.prefix(12))"),
            ("Preset", "\(model.preset), formulation \(model.formulation), \(model.parameterCount) parameters"),
            ("Indexing", model.indexing), ("Leaks the test's order", model.leaksTestOrder ? "YES" : "no"),
            ("Rationales", model.withoutRationales ? "without" : "with"), ("Seed of the training", "\(model.seed)"),
        ]
        if model.randomInteractions > 0 { rows.append(("Random training interactions", MarkdownTable.percent(model.randomInteractions))) }
        if model.swappedRationales > 0 { rows.append(("Swapped rationales", MarkdownTable.percent(model.swappedRationales))) }
        if let seed = conditions.negativesSeed { rows.append(("Seed of the negatives", "\(seed)")) }
        for (name, value) in rows { table.add([name, value]) }
        return table.text
    }

    /// NDCG@1 is HR@1, and the reciprocal rank has no need of a cutoff where rankings are whole.
    private var rankingTable: String {
        let cutoffs = `protocol`.cutoffs.sorted(), last = cutoffs.last ?? 0
        let hasFull = rankings.contains { $0.result.metrics["mrr"] != nil }
        var table = MarkdownTable(
            header: [""] + cutoffs.map { "HR@\($0)" } + cutoffs.filter { $0 > 1 }.map { "NDCG@\($0)" }
                + [hasFull ? "MRR" : "MRR@\(last)", "Coverage@\(last)"])
        for ranking in rankings {
            let metrics = ranking.result.metrics
            var cells = [ranking.title]
            cells += cutoffs.map { MarkdownTable.figure(metrics["hr@\($0)"]) }
            cells += cutoffs.filter { $0 > 1 }.map { MarkdownTable.figure(metrics["ndcg@\($0)"]) }
            cells.append(MarkdownTable.figure(metrics[hasFull ? "mrr" : "mrr@\(last)"]))
            cells.append(ranking.result.coverage["coverage@\(last)"].map { MarkdownTable.figure($0) } ?? "–")
            table.add(cells)
        }
        return table.text
    }

    private var tailTable: String {
        guard let buckets = rankings.first?.result.tail, let last = `protocol`.cutoffs.max() else { return "" }
        var table = MarkdownTable(header: ["HR@\(last), NDCG@\(last)"] + buckets.map { "\($0.trainingCount) (\($0.users) users)" })
        for ranking in rankings {
            table.add(
                [ranking.title]
                    + ranking.result.tail.map { bucket in
                        guard let hits = bucket.metrics["hr@\(last)"], let gain = bucket.metrics["ndcg@\(last)"] else { return "–" }
                        return "\(MarkdownTable.figure(hits.mean)), \(MarkdownTable.figure(gain.mean))"
                    })
        }
        return table.text
    }
}

extension MarkdownTable {
    static func percent(_ share: Double) -> String { "\(figure(share * 100, decimals: 1)) %" }
}

extension String {
    fileprivate var trimmingLines: Substring {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return text
    }
}
