internal import RPC
internal import Store
internal import Transport
internal import Wire

/// For whom a request is, as far as the shop knows. Items are places of the `ItemTable`.
struct RequestSubject: Sendable {
    /// Nil for an anonymous history.
    var userID: String?
    /// Oldest first; what the shop does not know is not in it.
    var history: [Int]
    /// Of what the model's sentences about the user are read; nil for none.
    var view: (any TrainingView)?
    /// Whether it is as a held-out part's evaluation knows the user.
    var isAudit = false

    /// Of an audit: what the evaluation asks for, which stays possible where the user had it before.
    var target: Int?

    var seen: Set<Int> { Set(history).subtracting(target.map { [$0] } ?? []) }
}

/// Ids of a request that the shop does not know: each once, in the order of coming.
struct UnknownIDs {
    private(set) var ids: [String] = []
    private var known: Set<ExactID> = []

    /// - Returns: the places of those that are known, in their order.
    mutating func filter(_ ids: [String], _ places: [Int?]) -> [Int] {
        zip(ids, places).compactMap { id, place in
            if place == nil, known.insert(ExactID(id)).inserted { self.ids.append(id) }
            return place
        }
    }
}

/// Finds out for whom a request is.
struct SubjectReader: Sendable {
    let store: any Store
    let table: ItemTable

    enum Asked: Sendable {
        case user(String)
        case history([String])

        init(_ subject: RecommendRequest.Subject?) throws(RPCError) {
            switch subject {
            case .userID(let id) where !id.isEmpty: self = .user(id)
            case .history(let history): self = .history(history.itemIDs)
            default: throw Self.missing
            }
        }

        init(_ subject: RankRequest.Subject?) throws(RPCError) {
            switch subject {
            case .userID(let id) where !id.isEmpty: self = .user(id)
            case .history(let history): self = .history(history.itemIDs)
            default: throw Self.missing
            }
        }

        private static let missing = RPCError(.invalidArgument, "user_id or history has to say for whom")
    }

    /// As it is now: what a reply has acknowledged is in it.
    /// - Parameter split: the current one.
    func read(_ asked: Asked, _ split: Split?, _ unknown: inout UnknownIDs) async throws -> RequestSubject {
        switch asked {
        case .history(let ids):
            try RecommenderLimits.check(ids, "history")
            return RequestSubject(history: unknown.filter(ids, try await table.places(ids)))
        case .user(let id):
            let history = try await store.history(ofUser: id, latest: RecommenderLimits.mostHistory)
            return RequestSubject(
                userID: id, history: try await table.places(history.map(\.itemID)).compactMap { $0 }, view: split.map { store.training($0) }
            )
        }
    }

    /// As the evaluation of a held-out part knows the user.
    /// - Parameters:
    ///   - part: "validation" or "test".
    ///   - splitVersion: that the model was trained by.
    /// - Throws: INVALID_ARGUMENT for another part or no user; FAILED_PRECONDITION for a user who is not tested, or a split that has gone.
    func read(_ asked: Asked, asOf part: String, splitVersion: UInt64) async throws -> RequestSubject {
        let held: SplitPart = part == "test" ? .test : .validation
        guard ["validation", "test"].contains(part) else {
            throw RPCError(.invalidArgument, "as_of is \(part): it takes validation or test")
        }
        guard case .user(let id) = asked else { throw RPCError(.invalidArgument, "as_of is for a user_id: a history has no held-out part") }
        let split: Split
        do { split = try await store.split(splitVersion) } catch {
            guard error.code == .notFound else { throw error }
            throw RPCError(.failedPrecondition, "split \(splitVersion), by which the active model was trained, is not kept any more")
        }
        let sequence: UserSequence?
        if let number = try await store.user(id) {
            let page = try await store.sequences(of: split, after: UserNumber(rawValue: number.rawValue - 1), limit: 1)
            sequence = page.first { $0.user == number }
        } else {
            sequence = nil
        }
        let parts = sequence?.steps.map(\.part) ?? []
        guard let sequence, SplitPlan.isTested(parts), parts.contains(held) else {
            throw RPCError(.failedPrecondition, "\(id) is not among those whom split \(splitVersion) tests by their \(part) items")
        }
        let known = sequence.steps.filter { $0.part == .training || (held == .test && $0.part == .validation) }
        let target = sequence.steps.first { $0.part == held }.map(\.item)
        return RequestSubject(
            userID: id, history: try await table.places(known.map(\.item)).compactMap { $0 }, view: store.training(split), isAudit: true,
            target: try await table.places(target.map { [$0] } ?? []).first ?? nil)
    }
}
