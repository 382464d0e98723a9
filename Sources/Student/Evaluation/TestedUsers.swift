internal import Evaluation
internal import Store
internal import Wire

/// A user whose held-back item a model has to find. Items are places in the model's catalogue; those that it lacks are left out.
struct TestedUser: Sendable {
    var number: UserNumber
    var id: String
    /// All before the target, oldest first, repeated ones too.
    var history: [Int]
    /// All of the user's, of any part: none of them can be a negative. Rising, each once.
    var own: [Int]
    /// Nil where the catalogue lacks it: a miss.
    var target: Int?
    /// That the target is of.
    var interaction: InteractionNumber

    /// The history without the target, which stays in the ranking also where the user had it before. Rising, each once.
    var hidden: [Int] { Set(history).subtracting([target].compactMap { $0 }).sorted() }
    var hasTargetInHistory: Bool { target.map { history.contains($0) } ?? false }
}

/// Everything that a part of a split is evaluated by, as one model's catalogue has it.
///
/// A user is tested as `SplitPlan.isTested` says (three interactions at least, some of them training's and some the test's), has something in
/// the part, and something before it that the catalogue knows. The target is the user's first item of the part: the only one where one is
/// left out, and the first from its moment on where time divides. The history is all before: of the test training and validation, of the
/// validation training alone. What a k-core has left out is in neither.
struct TestedUsers: Sendable {
    /// By a digest of their ids: in no relation to the order in which they came.
    private(set) var users: [TestedUser] = []
    /// Of all users, for baselines: training interactions alone, oldest first.
    private(set) var trainingSequences: [[Int]] = []
    /// How often training took each item.
    private(set) var trainingCounts: [Int]
    /// With something in the part, and not tested.
    private(set) var notTested = 0

    private static let page = 2_000

    /// - Throws: what the store throws; `CancellationError`.
    init(_ store: any Store, _ split: Split, _ part: EvaluationProtocol.Part, _ catalogue: ModelCatalogue) async throws {
        trainingCounts = Array(repeating: 0, count: catalogue.count)
        let places = try await Self.places(store, catalogue), ids = try await Self.ids(store)
        let held: SplitPart = part == .test ? .test : .validation
        var last = UserNumber.none
        while true {
            let page = try await store.sequences(of: split, after: last, limit: Self.page)
            guard let end = page.last?.user else { break }
            for sequence in page { add(sequence, held, places, ids) }
            last = end
            try Task.checkCancellation()
        }
        users.sort { IDDigest.precedes($0.id, $1.id) }
    }

    private mutating func add(_ sequence: UserSequence, _ held: SplitPart, _ places: [ItemNumber: Int], _ ids: [UserNumber: String]) {
        let training = sequence.steps.filter { $0.part == .training }.compactMap { places[$0.item] }
        if !training.isEmpty { trainingSequences.append(training) }
        for item in training { trainingCounts[item] += 1 }
        guard let target = sequence.steps.first(where: { $0.part == held }) else { return }
        let known = sequence.steps.filter { $0.part == .training || (held == .test && $0.part == .validation) }
        let history = known.compactMap { places[$0.item] }
        guard SplitPlan.isTested(sequence.steps.map(\.part)), !history.isEmpty, let id = ids[sequence.user] else {
            notTested += 1
            return
        }
        users.append(
            TestedUser(
                number: sequence.user, id: id, history: history, own: Set(sequence.steps.compactMap { places[$0.item] }).sorted(),
                target: places[target.item], interaction: target.interaction))
    }

    private static func places(_ store: any Store, _ catalogue: ModelCatalogue) async throws -> [ItemNumber: Int] {
        var places: [ItemNumber: Int] = [:], last = ItemNumber.none
        while true {
            let page = try await store.items(after: last, limit: Self.page)
            guard let end = page.last else { return places }
            for item in page { places[item.number] = catalogue.place(item.item.itemID) }
            last = end.number
            try Task.checkCancellation()
        }
    }

    private static func ids(_ store: any Store) async throws -> [UserNumber: String] {
        var ids: [UserNumber: String] = [:], last = UserNumber.none
        while true {
            let page = try await store.users(after: last, limit: Self.page)
            guard let end = page.last else { return ids }
            for user in page { ids[user.number] = user.id }
            last = end.number
            try Task.checkCancellation()
        }
    }
}

extension LoadedVersion {
    /// What it is told of a user beside the history: as serving tells it, sentences of training's rationales alone.
    func context(of user: TestedUser, _ view: any TrainingView) async throws(StoreError) -> UserContext {
        readsPreferences ? try await UserContext.read(user.id, user.number, view) : UserContext(id: user.id)
    }
}
