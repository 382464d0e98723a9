/// What an evaluation has found, for programs (`json`) and for people (`markdown`).
package struct EvaluationReport: Codable, Sendable, Equatable {
    /// The version that is evaluated.
    package struct Model: Codable, Sendable, Equatable {
        package var version: String
        package var digest: String
        package var preset: String
        package var formulation: String
        package var indexing: String
        /// Whether the indexing gives test items away.
        package var leaksTestOrder: Bool
        package var withoutRationales: Bool
        package var seed: UInt64
        package var parameterCount: Int
        /// Shares of the training's data that were disturbed, 0 to 1.
        package var randomInteractions: Double
        package var swappedRationales: Double

        package init(
            version: String, digest: String, preset: String, formulation: String, indexing: String, leaksTestOrder: Bool,
            withoutRationales: Bool, seed: UInt64, parameterCount: Int, randomInteractions: Double = 0, swappedRationales: Double = 0
        ) {
            self.version = version
            self.digest = digest
            self.preset = preset
            self.formulation = formulation
            self.indexing = indexing
            self.leaksTestOrder = leaksTestOrder
            self.withoutRationales = withoutRationales
            self.seed = seed
            self.parameterCount = parameterCount
            self.randomInteractions = randomInteractions
            self.swappedRationales = swappedRationales
        }
    }

    /// A recommender's figures.
    package struct Ranking: Codable, Sendable, Equatable {
        /// "model", "popularity", "item-neighbours", "id-order".
        package var name: String
        /// For people.
        package var title: String
        package var result: RankingResult

        package init(name: String, title: String, result: RankingResult) {
            self.name = name
            self.title = title
            self.result = result
        }
    }

    /// Of this format.
    package var format = 1
    /// That made it: "evaluation-7".
    package var job: String
    /// Unix, in milliseconds.
    package var createdAtMs: Int64
    package var model: Model
    package var `protocol`: EvaluationProtocol
    /// The model first.
    package var rankings: [Ranking]
    package var explanations: TextResult?
    /// What else has to be known to read the figures.
    package var notes: [String]

    package init(
        job: String, createdAtMs: Int64, model: Model, protocol conditions: EvaluationProtocol, rankings: [Ranking],
        explanations: TextResult? = nil, notes: [String] = []
    ) {
        self.job = job
        self.createdAtMs = createdAtMs
        self.model = model
        self.protocol = conditions
        self.rankings = rankings
        self.explanations = explanations
        self.notes = notes
    }

    /// Keys in snake case and in order: the same report is the same text.
    package var json: String {
        get throws { try ReportCoding.json(self) }
    }

    package init(json: String) throws { self = try ReportCoding.value(json) }
}
