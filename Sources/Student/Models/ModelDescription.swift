/// What a version of the student is: its about.json.
package struct ModelDescription: Codable, Sendable, Equatable {
    /// Of this format.
    package var format = 1
    /// As in `DIR/models`: "0001".
    package var version: String
    /// That made it: "training-3".
    package var jobID: String
    /// Unix, in milliseconds.
    package var createdAtMs: Int64
    package var preset: String
    /// "sequence" or "paper".
    package var formulation: String
    /// An `ItemIndexKind`.
    package var indexing: String
    /// Whether the indexing gives test items away: figures say nothing about the model then.
    package var leaksTestOrder: Bool
    /// By which training, validation and test were told apart.
    package var splitVersion: UInt64
    package var withoutRationales: Bool
    package var seed: UInt64
    /// Share of training interactions whose item was replaced by a random one.
    package var randomInteractions: Double
    /// Share of rationales that changed places with another item's.
    package var swappedRationales: Double
    /// sha256 of the weights, in hexadecimal.
    package var digest: String
    package var parameterCount: Int
    /// Of the best epoch: "validation/hr@10", "validation/ndcg@10", "validation/mrr", "validation/loss", "loss/sequential", …
    package var metrics: [String: Double]
    /// The epoch that was best on validation; the first is 1.
    package var bestEpoch: Int

    package init(
        version: String, jobID: String, createdAtMs: Int64, preset: String, formulation: String, indexing: String, leaksTestOrder: Bool,
        splitVersion: UInt64, withoutRationales: Bool, seed: UInt64, randomInteractions: Double, swappedRationales: Double, digest: String,
        parameterCount: Int, metrics: [String: Double], bestEpoch: Int
    ) {
        self.version = version
        self.jobID = jobID
        self.createdAtMs = createdAtMs
        self.preset = preset
        self.formulation = formulation
        self.indexing = indexing
        self.leaksTestOrder = leaksTestOrder
        self.splitVersion = splitVersion
        self.withoutRationales = withoutRationales
        self.seed = seed
        self.randomInteractions = randomInteractions
        self.swappedRationales = swappedRationales
        self.digest = digest
        self.parameterCount = parameterCount
        self.metrics = metrics
        self.bestEpoch = bestEpoch
    }
}
