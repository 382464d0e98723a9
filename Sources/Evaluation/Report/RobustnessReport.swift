/// What versions are worth that were trained on disturbed data, beside the undisturbed, with and without rationales.
package struct RobustnessReport: Codable, Sendable, Equatable {
    /// One training.
    package struct Trial: Codable, Sendable, Equatable {
        /// Shares, 0 to 1.
        package var randomInteractions: Double
        package var swappedRationales: Double
        package var withoutRationales: Bool
        package var seed: UInt64
        /// Means over users, by their names: "hr@10", …
        package var metrics: [String: Double]

        package init(
            randomInteractions: Double, swappedRationales: Double, withoutRationales: Bool, seed: UInt64, metrics: [String: Double]
        ) {
            self.randomInteractions = randomInteractions
            self.swappedRationales = swappedRationales
            self.withoutRationales = withoutRationales
            self.seed = seed
            self.metrics = metrics
        }
    }

    package var format = 1
    package var job: String
    /// That the others are like.
    package var model: EvaluationReport.Model
    package var `protocol`: EvaluationProtocol
    package var trials: [Trial]

    package init(job: String, model: EvaluationReport.Model, protocol conditions: EvaluationProtocol, trials: [Trial]) {
        self.job = job
        self.model = model
        self.protocol = conditions
        self.trials = trials
    }

    /// Keys in snake case and in order.
    package var json: String {
        get throws { try ReportCoding.json(self) }
    }

    package init(json: String) throws { self = try ReportCoding.value(json) }

    // MARK: For people

    /// A row a disturbance, the mean over seeds; what is kept of the undisturbed NDCG behind it.
    package var markdown: String {
        let last = `protocol`.cutoffs.max() ?? 0, hits = "hr@\(last)", gain = "ndcg@\(last)"
        var table = MarkdownTable(
            header: ["Training data"]
                + ["with", "without"].flatMap { ["HR@\(last) \($0)", "NDCG@\(last) \($0)", "kept \($0)"] })
        var conditions: [[Double]] = []
        for trial in trials {
            let condition = [trial.randomInteractions, trial.swappedRationales]
            if !conditions.contains(condition) { conditions.append(condition) }
        }
        for condition in conditions.sorted(by: { ($0[1], $0[0]) < ($1[1], $1[0]) }) {
            var cells = [Self.name(condition)]
            for without in [false, true] {
                let values = figures(gain, condition, without), plain = figures(gain, [0, 0], without)
                cells.append(Self.cell(figures(hits, condition, without)))
                cells.append(Self.cell(values))
                let base = Self.mean(plain)
                cells.append(values.isEmpty || base == 0 ? "–" : MarkdownTable.percent(Self.mean(values) / base))
            }
            table.add(cells)
        }
        let seeds = Set(trials.map(\.seed)).sorted().map { "\($0)" }.joined(separator: ", ")
        return """
            # Robustness of model \(model.version) (\(job))

            Versions like \(model.version) (preset \(model.preset), indexing \(model.indexing)\(model.leaksTestOrder ? ", LEAKS the test's order" : "")), \
            trained on disturbed data, with and without rationales. Protocol: \(`protocol`.summary). Seeds of the trainings: \(seeds); ± is the \
            standard deviation over them.

            \(table.text)
            \(`protocol`.definitions.map { "- \($0)" }.joined(separator: "\n"))

            """
    }

    /// Of each seed. Who sees no rationales has none that could be swapped: their row is that of the undisturbed.
    private func figures(_ name: String, _ condition: [Double], _ without: Bool) -> [Double] {
        let wanted = without ? [condition[0], 0] : condition
        return trials.filter { [$0.randomInteractions, $0.swappedRationales] == wanted && $0.withoutRationales == without }.compactMap {
            $0.metrics[name]
        }
    }

    private static func name(_ condition: [Double]) -> String {
        if condition[0] > 0 { return "\(MarkdownTable.percent(condition[0])) of interactions random" }
        return condition[1] > 0 ? "\(MarkdownTable.percent(condition[1])) of rationales swapped" : "undisturbed"
    }

    private static func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    private static func cell(_ values: [Double]) -> String {
        guard !values.isEmpty else { return "–" }
        let mean = mean(values)
        guard values.count > 1 else { return MarkdownTable.figure(mean) }
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
        return "\(MarkdownTable.figure(mean)) ± \(MarkdownTable.figure(deviation))"
    }
}
