import Wire

/// What jobs measure, by the names under which they tell it.
enum JobFigures {
    static let hitRate = "hr@10"
    static let gain = "ndcg@10"
    /// Before the names of what a split's part gave.
    static let validation = "validation/"
    static let test = "test/"
    /// Before a task's name: what is minimised.
    static let loss = "loss/"
    /// Of an epoch's steps.
    static let trainingLoss = loss + "training"
    static let tokensPerSecond = "tokens_per_second"

    /// The loss that is shown of those there are: of all tasks, else of the task that recommends, else the first.
    static func shownLoss(_ names: some Collection<String>) -> String? {
        for name in ["loss", loss + "total", loss + "sequential"] where names.contains(name) { return name }
        return names.filter { $0.hasPrefix(loss) }.min()
    }
}

extension Job {
    /// What it has found, shortly, as in `validation HR@10 0.0912, NDCG@10 0.0480`; of a training that has not been validated the loss.
    /// Empty where it has measured nothing.
    var figures: String {
        let values = Dictionary(metrics.map { ($0.name, $0.value) }) { _, last in last }
        for (part, name) in [(JobFigures.test, "test"), (JobFigures.validation, "validation")] {
            let found = rankingFigures(values[part + JobFigures.hitRate], values[part + JobFigures.gain])
            if !found.isEmpty { return "\(name) \(found)" }
        }
        return JobFigures.shownLoss(values.keys).map { "loss \(decimal(values[$0], 3))" } ?? ""
    }
}

/// As in `HR@10 0.0912, NDCG@10 0.0480`; without what is not known.
func rankingFigures(_ hitRate: Double?, _ gain: Double?) -> String {
    [("HR@10", hitRate), ("NDCG@10", gain)].compactMap { name, value in value.map { "\(name) \(decimal($0, 4))" } }.joined(separator: ", ")
}
