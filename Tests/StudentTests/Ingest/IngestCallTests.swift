import Locks
import Store
import Student
import Testing
import Wire

@Suite struct IngestCallTests {
    @Test("A stream of many batches: counts, duplicates, and the first hundred refusals by their place")
    func summary() async throws {
        try await withStore { store, _ in
            var records = shop(users: 1_000, items: 10).map(\.record)
            // A refusal of the check every 97th place, one of the store every 89th: of a rationale without its review.
            var refused: [UInt64] = []
            for place in records.indices where place % 97 == 5 || place % 89 == 7 {
                refused.append(UInt64(place))
                records[place] =
                    place % 97 == 5
                    ? IngestRecord()
                    : IngestRecord(
                        record: .rationale(
                            Rationale(
                                reviewID: "none", userPreference: "p", itemAttributes: "a",
                                provenance: Provenance(modelDigest: "d", promptVersion: "1"))))
            }
            let outcomes = Locked<[IngestOutcome]>([])
            var call = IngestCall(store) { outcome in outcomes.withLock { $0.append(outcome) } }
            let summary = try await call.run(stream(records))
            #expect(summary.reviews == UInt64(records.count - refused.count))
            #expect(summary.duplicates == 0)
            #expect(summary.rejectedCount == UInt64(refused.count))
            #expect(summary.rejected.map(\.position) == Array(refused.prefix(100)))
            #expect(outcomes.withLock { $0.count } == records.count)

            var again = IngestCall(store) { _ in }
            let second = try await again.run(stream(records))
            #expect(second.reviews == 0 && second.duplicates == summary.reviews && second.rejectedCount == summary.rejectedCount)
        }
    }

    @Test("Every kind is counted as itself, and a rationale may follow its review in the same stream")
    func kinds() async throws {
        try await withStore { store, _ in
            let review = Review(userID: "u", itemID: "i", text: "t", timestampMs: 5)
            let rationale = Rationale(
                reviewID: review.effectiveID, userPreference: "p", itemAttributes: "a",
                provenance: Provenance(modelDigest: "d", promptVersion: "1"))
            var call = IngestCall(store) { _ in }
            let summary = try await call.run(
                stream([
                    review.record, IngestRecord(record: .item(Item(itemID: "i", title: "A thing"))),
                    IngestRecord(record: .interaction(Interaction(userID: "u", itemID: "j"))), IngestRecord(record: .rationale(rationale)),
                ]))
            #expect([summary.reviews, summary.items, summary.interactions, summary.rationales] == [1, 1, 1, 1])
        }
    }

    @Test("A stream that breaks off leaves the whole batches before, and sent again is completed")
    func broken() async throws {
        struct Lost: Error {}
        try await withStore { store, _ in
            let records = shop(users: 900, items: 10).map(\.record)
            let (broken, continuation) = AsyncThrowingStream<IngestRecord, any Error>.makeStream()
            for record in records.prefix(8_500) { continuation.yield(record) }
            continuation.finish(throwing: Lost())
            var call = IngestCall(store) { _ in }
            await #expect(throws: Lost.self) { _ = try await call.run(broken) }
            #expect(try await store.statistics().reviews <= 8_500)
            var again = IngestCall(store) { _ in }
            _ = try await again.run(stream(records))
            #expect(try await store.statistics().reviews == 9_000)
        }
    }

    private func stream(_ records: [IngestRecord]) -> AsyncThrowingStream<IngestRecord, any Error> {
        let (stream, continuation) = AsyncThrowingStream<IngestRecord, any Error>.makeStream()
        for record in records { continuation.yield(record) }
        continuation.finish()
        return stream
    }
}
