package import RPC
package import Store
internal import Transport
package import Wire

/// `rdrec.v1.Recommender`: answers from the active model; where it cannot, from item neighbours, and then from popularity.
///
/// Each call reads the history as it is: what `RecordInteraction` has acknowledged is in it.
package struct RecommenderEndpoint: RecommenderService {
    let store: any Store
    let engine: ServingEngine
    let fallbacks: FallbackKeeper
    let metrics: StudentMetrics

    package init(_ store: any Store, _ engine: ServingEngine, _ fallbacks: FallbackKeeper, metrics: StudentMetrics) {
        self.store = store
        self.engine = engine
        self.fallbacks = fallbacks
        self.metrics = metrics
    }

    var table: ItemTable { fallbacks.table }

    package func recommend(_ request: RecommendRequest, _ call: ServerCall) async throws -> RecommendResponse {
        try RecommenderLimits.check(request.excludeItemIDs, "exclude_item_ids")
        try RecommenderLimits.check(categories: request.categories)
        return try await answering {
            let asked = try SubjectReader.Asked(request.subject), version = engine.version, tables = fallbacks.tables
            let reader = SubjectReader(store: store, table: table)
            var unknown = UnknownIDs()
            let subject: RequestSubject
            if request.asOf.isEmpty {
                subject = try await reader.read(asked, tables.split, &unknown)
            } else {
                guard let version else { throw RPCError(.failedPrecondition, "no model is active: as_of tells how one was evaluated") }
                subject = try await reader.read(asked, asOf: request.asOf, splitVersion: version.loaded.description.splitVersion)
            }
            var excluded = Set(unknown.filter(request.excludeItemIDs, try await table.places(request.excludeItemIDs)))
            if !request.includeSeen { excluded.formUnion(subject.seen) }
            let only = request.categories.isEmpty ? nil : table.places(inCategories: request.categories)
            let count = request.count == 0 ? RecommenderLimits.usualCount : Int(request.count)
            return try await answer(
                Wanted(
                    subject: subject, choice: ItemChoice(total: table.count, only: only, excluded: excluded),
                    count: min(count, RecommenderLimits.mostCount), isExplained: request.explain, unknown: unknown.ids),
                version, tables, call)
        }
    }

    package func rank(_ request: RankRequest, _ call: ServerCall) async throws -> RecommendResponse {
        try RecommenderLimits.check(request.candidateItemIDs, "candidate_item_ids")
        return try await answering {
            let asked = try SubjectReader.Asked(request.subject), version = engine.version, tables = fallbacks.tables
            var unknown = UnknownIDs()
            let subject = try await SubjectReader(store: store, table: table).read(asked, tables.split, &unknown)
            let only = Set(unknown.filter(request.candidateItemIDs, try await table.places(request.candidateItemIDs)))
            let count = request.count == 0 ? only.count : Int(request.count)
            return try await answer(
                Wanted(
                    subject: subject, choice: ItemChoice(total: table.count, only: only, excluded: []), count: min(count, only.count),
                    isExplained: request.explain, unknown: unknown.ids),
                version, tables, call)
        }
    }

    /// A request, with all that the store knows of it.
    struct Wanted: Sendable {
        var subject: RequestSubject
        var choice: ItemChoice
        var count: Int
        var isExplained: Bool
        var unknown: [String]
    }

    private func answer(
        _ wanted: Wanted, _ version: ServingVersion?, _ tables: FallbackTables, _ call: ServerCall
    ) async throws -> RecommendResponse {
        var response = RecommendResponse(unknownItemIDs: wanted.unknown)
        let context = try await context(wanted.subject, version)
        if let version, let items = try await ranked(wanted, context, version, tables, call) {
            response.source = .model
            response.modelVersion = version.version
            response.items = items.recommendations(version, table)
            if wanted.isExplained { try await explain(items, context, wanted.subject, &response.items, version, call) }
        } else {
            let answer = tables.best(wanted.choice, history: wanted.subject.history, count: wanted.count)
            response.source = answer.source
            response.items = zip(answer.items, table.items(answer.items.map(\.place))).map {
                Recommendation(itemID: $1.id, score: $0.score, title: $1.title)
            }
        }
        response.fit(into: RecommenderLimits.mostReplyBytes)
        metrics.answered(response.source)
        return response
    }

    /// What is told of a user beside the history.
    func context(_ subject: RequestSubject, _ version: ServingVersion?) async throws(StoreError) -> UserContext? {
        guard let version, let id = subject.userID else { return nil }
        guard version.loaded.readsPreferences, let view = subject.view, let number = try await store.user(id) else {
            return UserContext(id: id)
        }
        return try await UserContext.read(id, number, view)
    }
}

extension RecommendResponse {
    /// Leaves out what comes last, where ids and texts have too many bytes.
    fileprivate mutating func fit(into bytes: Int) {
        var left = bytes
        func fits(_ count: Int) -> Bool {
            left -= count
            return left >= 0
        }
        unknownItemIDs = Array(unknownItemIDs.prefix { fits($0.utf8.count + 8) })
        items = Array(items.prefix { fits($0.itemID.utf8.count + $0.title.utf8.count + $0.explanation.utf8.count + 32) })
    }
}
