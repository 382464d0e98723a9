internal import Locks
package import RPC
internal import Store
internal import Transport
package import Wire

extension RecommenderEndpoint {
    package func explain(_ request: ExplainRequest, _ call: ServerCall) async throws -> ExplainResponse {
        guard !request.userID.isEmpty, !request.itemID.isEmpty else {
            throw RPCError(.invalidArgument, "user_id and item_id have to say what is to be explained to whom")
        }
        return try await answering {
            let version = engine.version
            var response = ExplainResponse()
            response.evidence = try await evidence(request)
            if let version, let written = try await write(request, version, call) {
                response.explanation = written.explanation
                response.userPreference = written.preference
                response.itemAttributes = written.attributes
                response.modelVersion = version.version
            }
            return response
        }
    }

    /// Nil where the version does not know the item, or fails.
    private func write(_ request: ExplainRequest, _ version: ServingVersion, _ call: ServerCall) async throws -> WrittenExplanation? {
        let places = try await table.places([request.itemID])
        guard let place = places[0], let item = version.placed.models([place])[0] else { return nil }
        var unknown = UnknownIDs()
        let reader = SubjectReader(store: store, table: table)
        let subject = try await reader.read(.user(request.userID), fallbacks.tables.split, &unknown)
        let asked = ExplanationRequest(
            user: try await context(subject, version), history: history(subject, version).before(item), item: item)
        do {
            return try await engine.write([asked], by: version, deadline: call.deadline).first
        } catch is ModelFailure {
            return nil
        }
    }

    /// What training may see of the user's and of the item's rationales: the newest of each, the newest first.
    /// - Throws: NOT_FOUND for who or what the shop does not know.
    private func evidence(_ request: ExplainRequest) async throws -> [Rationale] {
        let ofUser = try await newest(.user(request.userID), "user \(request.userID)", "rdrec record USER ITEM makes a user known")
        let ofItem = try await newest(.item(request.itemID), "item \(request.itemID)", "rdrec import makes items known")
        // The user's own of this item is both.
        let told = Set(ofUser.map { ExactID($0.reviewID) })
        return ofUser + ofItem.filter { !told.contains(ExactID($0.reviewID)) }
    }

    private func newest(_ subject: RationaleSubject, _ what: String, _ advice: String) async throws -> [Rationale] {
        let kept = Locked<[Rationale]>([])
        do {
            try await store.rationales(of: subject, trainingOnly: true) { batch in
                try Task.checkCancellation()
                kept.withLock { kept in
                    kept = Array((kept + batch.compactMap(\.rationale)).suffix(RecommenderLimits.mostEvidence))
                }
            }
        } catch let error as StoreError where error.code == .notFound {
            throw RPCError(.notFound, "there is no \(what): \(advice)")
        }
        return kept.withLock { $0.reversed() }
    }
}
