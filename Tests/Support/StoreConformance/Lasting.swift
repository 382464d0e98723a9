internal import Store
internal import Wire

extension StoreCase {
    static let lasting = [
        StoreCase(name: "what was written is there after it was closed and opened") { fixture in
            var store = try await fixture.open()
            _ = try await store.ingest(shop(users: 5, items: 5))
            _ = try await store.ingest([.rationale(rationale(idOf("u0", "i0", 1_000), "x"))])
            let split = try await store.makeSplit(SplitPolicy())
            let job = try await store.addJob(kind: .distillation, request: [1])
            _ = try await store.record(Interaction(userID: "u0", itemID: "new", timestampMs: 0), key: "key")
            let before = try await store.statistics(), sequences = try await store.sequences(of: split, after: .none, limit: 10)
            await store.close()
            store = try await fixture.open()
            var after = try await store.statistics()
            after.storeBytes = before.storeBytes
            try expect(after, before, "the statistics")
            try expect(try await store.sequences(of: split, after: .none, limit: 10), sequences, "the split")
            try expect(try await store.unfinishedJobs(), [job], "the jobs")
            try expect(try await store.record(Interaction(userID: "u0", itemID: "new", timestampMs: 0), key: "key"), 6, "the key's answer")
            await store.close()
        },
        StoreCase(name: "many callers at once: each write is whole, and no reader or writer is refused") { fixture in
            let store = try await fixture.open()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        for round in 0..<20 {
                            _ = try await store.ingest((0..<20).map { review("w\(writer)", "i\($0)", Int64(round)) })
                        }
                    }
                    group.addTask {
                        for round in 0..<50 {
                            _ = try await store.record(
                                Interaction(userID: "r\(writer)", itemID: "i\(round)", timestampMs: Int64(round + 1)),
                                key: "\(writer)-\(round)")
                        }
                    }
                    group.addTask {
                        for _ in 0..<20 {
                            // An ingest is one transaction: its twenty are there or not.
                            let length = try await store.history(ofUser: "w\(writer)", latest: 1_000).count
                            try expect(length % 20, 0, "a history in the midst of it")
                            _ = try await store.statistics()
                        }
                    }
                }
                group.addTask { for _ in 0..<3 { _ = try await store.makeSplit(SplitPolicy()) } }
                group.addTask { for _ in 0..<3 { try expect(try await store.check().faults, [], "the faults") } }
                try await group.waitForAll()
            }
            let figures = try await store.statistics()
            try expect([figures.interactions, figures.reviews], [6 * 400 + 6 * 50, 6 * 400], "the counts")
            await store.close()
        },
        StoreCase(name: "a check finds no fault and counts; a backup holds the same") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 10, items: 5))
            _ = try await store.makeSplit(SplitPolicy())
            let report = try await store.check()
            try expect(report.faults, [], "the faults")
            try expect(report.tables.first { $0.table == "reviews" }?.rows, 50, "the reviews counted")
            let path = fixture.freePath
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await store.backUp(to: path) }
                group.addTask { for round in 0..<10 { _ = try await store.ingest([interaction("later", "i\(round)", 1)]) } }
                try await group.waitForAll()
            }
            try await expectError(.invalid, "a backup over a file") { try await store.backUp(to: path) }
            await store.close()
            let copy = try await fixture.open(backup: path)
            let figures = try await copy.statistics()
            try expect(figures.reviews, 50, "the backup's reviews")
            try expect((50...60).contains(figures.interactions), "its interactions are those of one moment")
            try expect(try await copy.check().faults, [], "its faults")
            await copy.close()
        },
    ]
}
