import ChildProcesses
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
            var call = IngestCall(store, IngestBudget()) { outcome in outcomes.withLock { $0.append(outcome) } }
            let summary = try await call.run(stream(records)) { [$0] }
            #expect(summary.reviews == UInt64(records.count - refused.count))
            #expect(summary.duplicates == 0)
            #expect(summary.rejectedCount == UInt64(refused.count))
            #expect(summary.rejected.map(\.position) == Array(refused.prefix(100)))
            #expect(outcomes.withLock { $0.count } == records.count)

            var again = IngestCall(store, IngestBudget()) { _ in }
            let second = try await again.run(stream(records)) { [$0] }
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
            var call = IngestCall(store, IngestBudget()) { _ in }
            let summary = try await call.run(
                stream([
                    review.record, IngestRecord(record: .item(Item(itemID: "i", title: "A thing"))),
                    IngestRecord(record: .interaction(Interaction(userID: "u", itemID: "j"))), IngestRecord(record: .rationale(rationale)),
                ])
            ) { [$0] }
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
            var call = IngestCall(store, IngestBudget()) { _ in }
            await #expect(throws: Lost.self) { _ = try await call.run(broken) { [$0] } }
            let stored = Int(try await store.statistics().reviews)
            #expect(stored > 8_500 - 1_024 && stored <= 8_500)
            // A beginning of the stream, without a gap.
            var same = IngestCall(store, IngestBudget()) { _ in }
            #expect(try await same.run(stream(Array(records.prefix(stored)))) { [$0] }.duplicates == UInt64(stored))
            var again = IngestCall(store, IngestBudget()) { _ in }
            _ = try await again.run(stream(records)) { [$0] }
            #expect(try await store.statistics().reviews == 9_000)
        }
    }

    @Test("What a slow stream has brought is stored before it brings more")
    func slow() async throws {
        try await withStore { store, _ in
            let records = shop(users: 1, items: 5).map(\.record)
            let (slow, continuation) = AsyncThrowingStream<IngestRecord, any Error>.makeStream()
            async let summary = {
                var call = IngestCall(store, IngestBudget()) { _ in }
                return try await call.run(slow) { [$0] }
            }()
            for (count, record) in zip(1..., records) {
                continuation.yield(record)
                // Two are waited for one by one, the others come together.
                guard count < 3 else { continue }
                try await eventually("the record is stored") { try await store.statistics().reviews == UInt64(count) }
            }
            continuation.finish()
            #expect(try await summary.reviews == 5)
        }
    }

    @Test("Many calls together keep to their budget, and each ends; one that is cancelled while it waits gives back what it has")
    func budget() async throws {
        try await withStore { store, _ in
            let isHeld = Locked(true), read = Locked(0)
            var hooked = HookedStore(store: store)
            hooked.beforeIngest = { _ in while isHeld.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(2)) } }
            let budget = IngestBudget(bytes: 200_000), held = hooked
            let records = (0..<8).map { call in
                (0..<200).map { index in
                    Review(userID: "u\(call)", itemID: "i\(index)", text: String(repeating: "x", count: 1_000), timestampMs: 1).record
                }
            }
            try await withThrowingTaskGroup(of: UInt64.self) { group in
                let all = records.map(stream)
                let lost = Task {
                    var call = IngestCall(held, budget) { _ in }
                    return try await call.run(stream(records[0])) { [$0] }
                }
                for stream in all {
                    group.addTask {
                        var call = IngestCall(held, budget) { _ in }
                        return try await call.run(stream) { record in
                            read.withLock { $0 += 1 }
                            return [record]
                        }.reviews
                    }
                }
                // Nothing can be awaited here but that nothing more happens.
                try await Task.sleep(for: .milliseconds(500))
                #expect(read.withLock { $0 } <= 200 + 8)
                lost.cancel()
                isHeld.withLock { $0 = false }
                _ = await lost.result
                try await group.waitForAll()
            }
            #expect(try await store.statistics().reviews == 1_600)
            // All of it is there again, also for what is larger than it.
            let large = Review(userID: "l", itemID: "l", text: String(repeating: "x", count: 300_000), timestampMs: 1).record
            var call = IngestCall(store, budget) { _ in }
            #expect(try await call.run(stream([large, large])) { [$0] }.reviews == 1)
        }
    }

    private func stream(_ records: [IngestRecord]) -> AsyncThrowingStream<IngestRecord, any Error> {
        let (stream, continuation) = AsyncThrowingStream<IngestRecord, any Error>.makeStream()
        for record in records { continuation.yield(record) }
        continuation.finish()
        return stream
    }
}
