internal import Evaluation
internal import RPC
internal import Transport
internal import Wire

/// What a request asks to be evaluated, checked.
struct EvaluationPlan: Sendable {
    /// Empty for the active one.
    let version: String
    let part: EvaluationProtocol.Part
    /// Rising.
    let cutoffs: [Int]
    let withBaselines: Bool
    /// 0 for the whole catalogue.
    let sampledNegatives: Int
    let explainedUsers: Int
    let robustness: RobustnessPlan?

    private static let mostCutoffs = 20, mostCutoff = 1_000, mostNegatives = 10_000, mostExplained = 100_000

    /// - Throws: INVALID_ARGUMENT for what cannot be, naming the field and what is possible.
    init(_ request: StartEvaluationRequest) throws(RPCError) {
        version = request.modelVersion
        guard let part = request.split.isEmpty ? .test : EvaluationProtocol.Part(rawValue: request.split) else {
            throw RPCError(.invalidArgument, "split is '\(request.split)'; validation and test are possible")
        }
        self.part = part
        let cutoffs = request.cutoffs.isEmpty ? [1, 5, 10] : request.cutoffs.map { Int($0) }.sorted()
        guard cutoffs.count <= Self.mostCutoffs, cutoffs.allSatisfy({ (1...Self.mostCutoff).contains($0) }),
            Set(cutoffs).count == cutoffs.count
        else {
            throw RPCError(
                .invalidArgument, "cutoffs are \(cutoffs.prefix(100)); \(Self.mostCutoffs) at most, from 1 to \(Self.mostCutoff), each once"
            )
        }
        self.cutoffs = cutoffs
        withBaselines = request.withBaselines
        guard request.sampledNegatives <= Self.mostNegatives else {
            throw RPCError(
                .invalidArgument,
                "sampled_negatives is \(request.sampledNegatives); \(Self.mostNegatives) is the most, and 0 ranks the whole catalogue")
        }
        sampledNegatives = Int(request.sampledNegatives)
        guard request.explainedUsers <= Self.mostExplained else {
            throw RPCError(.invalidArgument, "explained_users is \(request.explainedUsers); \(Self.mostExplained) is the most")
        }
        explainedUsers = Int(request.explainedUsers)
        robustness = try request.robustness.map { (robustness) throws(RPCError) in try RobustnessPlan(robustness) }
    }

    var lastCutoff: Int { cutoffs[cutoffs.count - 1] }
}

/// Which disturbances a model has to stand.
struct RobustnessPlan: Sendable {
    /// Shares, rising, none 0.
    let randomInteractions: [Double]
    let swappedRationales: [Double]
    /// None for that of the model.
    let seeds: [UInt64]

    /// Each is several trainings.
    private static let mostShares = 10, mostSeeds = 10

    init(_ request: Robustness) throws(RPCError) {
        for (name, shares) in [
            ("random_interactions", request.randomInteractions), ("swapped_rationales", request.swappedRationales),
        ] where shares.count > Self.mostShares || Set(shares).count < shares.count || !shares.allSatisfy({ $0 > 0 && $0 <= 1 }) {
            throw RPCError(.invalidArgument, "\(name) of robustness are \(Self.mostShares) shares at most, each once, above 0 and up to 1")
        }
        guard request.seeds.count <= Self.mostSeeds, Set(request.seeds).count == request.seeds.count, !request.seeds.contains(0) else {
            throw RPCError(.invalidArgument, "seeds of robustness are \(Self.mostSeeds) at most, each once, none 0")
        }
        guard !request.randomInteractions.isEmpty || !request.swappedRationales.isEmpty else {
            throw RPCError(.invalidArgument, "robustness names no share of random_interactions or swapped_rationales")
        }
        randomInteractions = request.randomInteractions.sorted()
        swappedRationales = request.swappedRationales.sorted()
        seeds = request.seeds
    }
}
