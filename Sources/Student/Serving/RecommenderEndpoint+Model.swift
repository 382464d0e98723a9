internal import RPC
internal import T5Model
internal import Transport
internal import Wire

extension RecommenderEndpoint {
    /// A version's answer: its items best first, by its places; behind them the shop's that came after its training, by the table's.
    struct ModelAnswer: Sendable {
        var ranked: [ScoredItem]
        var newer: [Int]

        /// What a version does not know has no probability under it.
        static let newerScore = -Double.infinity

        func recommendations(_ version: ServingVersion, _ table: ItemTable) -> [Recommendation] {
            let known = ranked.map { item -> Recommendation in
                guard let place = version.placed.table(item.item), let told = table.items([place]).first else {
                    // Of another shop's catalogue, or one that was lost.
                    return Recommendation(
                        itemID: version.catalogue.ids[item.item], score: item.score, title: version.catalogue.titles[item.item])
                }
                return Recommendation(itemID: told.id, score: item.score, title: told.title)
            }
            return known + table.items(newer).map { Recommendation(itemID: $0.id, score: Self.newerScore, title: $0.title) }
        }
    }

    /// - Returns: nil where the version has nothing to say: it knows no item of the history, or none that the request allows; or it fails.
    /// - Throws: INTERNAL where it fails in an audit, which is of nothing but the model; what the engine throws.
    func ranked(
        _ wanted: Wanted, _ context: UserContext?, _ version: ServingVersion, _ tables: FallbackTables, _ call: ServerCall
    ) async throws -> ModelAnswer? {
        let placed = version.placed, choice = wanted.choice, history = history(wanted.subject, version)
        let exclusions = placed.models(choice.excluded.sorted()).compactMap { $0 }
        let candidates = choice.only.map { only in
            placed.models(only.subtracting(choice.excluded).sorted()).compactMap { $0 }
        }
        let allowed = candidates?.count ?? version.catalogue.count - exclusions.count
        guard !history.isEmpty, allowed > 0, wanted.count > 0 else { return nil }
        let request = RankingRequest(
            user: context, history: history, candidates: candidates,
            exclusions: candidates == nil ? exclusions : [], count: min(wanted.count, allowed))
        var answer: ModelAnswer
        do {
            answer = ModelAnswer(ranked: try await engine.rank(request, by: version, deadline: call.deadline), newer: [])
        } catch let failure as ModelFailure {
            guard wanted.subject.isAudit else { return nil }
            throw RPCError(.internal, "the model has failed: \(failure)")
        }
        if answer.ranked.count < wanted.count {
            let newer = Set(placed.newer().filter { choice.allows($0) })
            let rest = ItemChoice(total: choice.total, only: newer, excluded: [])
            answer.newer = tables.best(rest, history: wanted.subject.history, count: wanted.count - answer.ranked.count).items.map(\.place)
        }
        return answer
    }

    /// What a version can read of a history.
    func history(_ subject: RequestSubject, _ version: ServingVersion) -> [Int] {
        version.placed.models(subject.history).compactMap { $0 }.suffix(version.loaded.mostHistory)
    }

    /// Short explanations of the first items, by the version that ranked them. None where it fails at them.
    func explain(
        _ answer: ModelAnswer, _ context: UserContext?, _ subject: RequestSubject, _ items: inout [Recommendation],
        _ version: ServingVersion, _ call: ServerCall
    ) async throws {
        let history = history(subject, version)
        let requests = answer.ranked.prefix(RecommenderLimits.mostExplained).map {
            ExplanationRequest(user: context, history: history.before($0.item), item: $0.item, parts: [.explanation])
        }
        guard !requests.isEmpty else { return }
        do {
            let texts = try await engine.write(requests, by: version, deadline: call.deadline)
            for (index, text) in texts.enumerated() { items[index].explanation = text.explanation }
        } catch is ModelFailure {}
    }
}

extension [Int] {
    /// Of a history, what an item came after: all, where it has not been taken.
    func before(_ item: Int) -> [Int] { lastIndex(of: item).map { Array(self[..<$0]) } ?? self }
}
