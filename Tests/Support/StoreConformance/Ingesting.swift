internal import Store
internal import Wire

extension StoreCase {
    static let ingesting = [
        StoreCase(name: "records are added, there before, or refused, each for itself") { fixture in
            let store = try await fixture.open()
            let records: [IngestRecord.Record] = [
                review("u", "i", 5), review("u", "i", 5), interaction("u", "i", 5), interaction("u", "j", 6), interaction("u", "j", 6),
                review("u", "j", 6, id: "r1"), review("u", "j", 6, id: "r1"), review("v", "j", 6, id: "r1"),
                .rationale(rationale("r1", "sound")), .rationale(rationale("r1", "other words")), .rationale(rationale("r2", "sound")),
                .rationale(rationale("r1", "sound", prompt: "p2")),
            ]
            let kinds = try await store.ingest(records).map { outcome -> String in
                switch outcome {
                case .added: "added"
                case .duplicate: "duplicate"
                case .refused: "refused"
                }
            }
            try expect(
                kinds,
                [
                    "added", "duplicate", "duplicate", "added", "duplicate", "added", "duplicate", "refused", "added", "duplicate",
                    "refused", "added",
                ], "what became of the records")
            let figures = try await store.statistics()
            try expect(
                [figures.users, figures.items, figures.interactions, figures.reviews, figures.rationales], [1, 2, 2, 2, 2], "the counts")
            await store.close()
        },
        StoreCase(name: "the same records twice change nothing") { fixture in
            let store = try await fixture.open()
            let records = shop(users: 20, items: 6) + [.item(Item(itemID: "i1", title: "A title", categories: ["a", "b"]))]
            _ = try await store.ingest(records)
            var before = try await store.statistics()
            let again = try await store.ingest(records)
            try expect(again.allSatisfy { $0 == .duplicate }, "each record is a duplicate the second time")
            var after = try await store.statistics()
            (before.storeBytes, after.storeBytes) = (0, 0)
            try expect(before, after, "the statistics")
            await store.close()
        },
        StoreCase(name: "an item keeps what a later record leaves out, and takes what it gives") { fixture in
            let store = try await fixture.open()
            let outcomes = try await store.ingest([
                interaction("u", "i", 1), .item(Item(itemID: "i", title: "One", categories: ["c"])), .item(Item(itemID: "i")),
                .item(Item(itemID: "i", title: "One")), .item(Item(itemID: "i", title: "Two")), .item(Item(itemID: "new")),
            ])
            try expect(outcomes, [.added, .added, .duplicate, .duplicate, .added, .added], "what became of the items")
            await store.close()
        },
        StoreCase(name: "an id that is given and one that is derived name one review") { fixture in
            let store = try await fixture.open()
            let id = idOf("a|b", "i\\j", -7)
            let outcomes = try await store.ingest([
                review("a|b", "i\\j", -7), review("a|b", "i\\j", -7, id: id), .rationale(rationale(id, "tone")),
                .rationale(rationale("a|b|i\\j|-7", "tone")), .rationale(rationale("no form", "tone")),
                review("mallory", "x", 1, id: id), review("e\u{301}", "i", 1, id: "accent"), review("é", "i", 1, id: "accent"),
            ])
            try expect(Array(outcomes[0...2] + [outcomes[6]]), [.added, .duplicate, .added, .added], "what became of them")
            for outcome in outcomes[3...5] + [outcomes[7]] {
                if case .refused = outcome { continue } else { throw Violation(description: "\(outcome)") }
            }
            await store.close()
        },
        StoreCase(name: "many records at once are as one after the other") { fixture in
            // In no order of users, with repeats of each kind, and ids that only look the same.
            var records: [IngestRecord.Record] = []
            for place in 0..<3_000 {
                let mixed = place &* 7_919 % 401
                let user = mixed % 17 == 0 ? "e\u{301}\(mixed % 5)" : mixed % 13 == 0 ? "é\(mixed % 5)" : "u\(mixed % 97)"
                let item = "i\(mixed % 7)", time = Int64(place % 11)
                records.append(place % 3 == 0 ? interaction(user, item, time) : review(user, item, time, "text \(place)"))
            }
            let store = try await fixture.open()
            let all = try await store.ingest(records)
            let figures = try await store.statistics()
            let split = try await store.makeSplit(SplitPolicy())
            let sequences = try await store.sequences(of: split, after: .none, limit: 1_000)
            let reviews = try await store.training(split).reviews(after: .none, limit: 10_000)
            await store.close()

            let other = try await fixture.openAnother()
            var each: [IngestOutcome] = []
            for record in records { each += try await other.ingest([record]) }
            try expect(all, each, "what became of each")
            var otherFigures = try await other.statistics()
            otherFigures.storeBytes = figures.storeBytes
            try expect(otherFigures, figures, "the statistics")
            let otherSplit = try await other.makeSplit(SplitPolicy())
            let otherSequences = try await other.sequences(of: otherSplit, after: .none, limit: 1_000)
            // The same numbers of users and items, which are given in the order of the records however they are batched; interactions are in
            // the same order.
            func shape(_ sequences: [UserSequence]) -> [String] {
                sequences.map { sequence in
                    "\(sequence.user.rawValue): "
                        + sequence.steps.map { "\($0.item.rawValue) \($0.time) \($0.part)" }.joined(separator: ",")
                }
            }
            try expect(shape(otherSequences), shape(sequences), "the sequences")
            let otherReviews = try await other.training(otherSplit).reviews(after: .none, limit: 10_000)
            try expect(otherReviews.map(\.review), reviews.map(\.review), "the training reviews, in the order of coming")
            for user in ["é0", "e\u{301}0", "u3"] {
                let history = try await other.history(ofUser: user, latest: 100)
                try expect(!history.isEmpty, "\(user) has a history")
            }
            await other.close()
        },
        StoreCase(name: "an interaction has one review") { fixture in
            let store = try await fixture.open()
            let kinds = try await store.ingest([
                review("u", "i", 1, "first", id: "r1"), review("u", "i", 1, "no id"), review("u", "i", 1, "other id", id: "r2"),
                review("u", "i", 2, "another time", id: "r2"), review("v", "i", 1, "no id"), review("v", "i", 1, "an id", id: "r3"),
            ]).map { outcome in if case .refused = outcome { "refused" } else { "\(outcome)" } }
            try expect(kinds, ["added", "duplicate", "refused", "added", "added", "refused"], "what became of them")
            await store.close()
        },
        StoreCase(name: "a rationale must not contradict its review") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest([review("u", "i", 1, id: "r")])
            var wrong = rationale("r", "tone")
            wrong.itemID = "other"
            guard case .refused(let reason) = try await store.ingest([.rationale(wrong)])[0] else {
                throw Violation(description: "a rationale of another item is taken")
            }
            try expect(reason.contains("item i"), "the refusal names the item: \(reason)")
            await store.close()
        },
        StoreCase(name: "ids are kept byte for byte") { fixture in
            let store = try await fixture.open()
            // Composed and decomposed, upper and lower case, blanks: each is another id.
            let ids = ["é", "e\u{301}", "É", " e", "e", "e ", "🎸", "NULL", "0", "00", "1e3"]
            let outcomes = try await store.ingest(ids.map { interaction($0, $0, 1) })
            try expect(outcomes.allSatisfy { $0 == .added }, "each id is another")
            for id in ids {
                let history = try await store.history(ofUser: id, latest: 10)
                try expect(history.map { Array($0.itemID.utf8) }, [Array(id.utf8)], "the history of \(id)")
            }
            await store.close()
        },
        StoreCase(name: "one interaction: a key makes it happen once") { fixture in
            let store = try await fixture.open()
            let event = Interaction(userID: "u", itemID: "i", timestampMs: 0)
            try expect(try await store.record(event, key: "k1"), 1, "the history's length")
            try expect(try await store.record(event, key: "k1"), 1, "the same with the same key")
            try expect(try await store.record(Interaction(userID: "u", itemID: "j", timestampMs: 1), key: nil), 2, "another")
            try expect(try await store.record(event, key: "k1"), 1, "the answer to the first key")
            try expect(try await store.record(Interaction(userID: "v", itemID: "i"), key: "k1"), 1, "the key for another interaction")
            try expect(try await store.history(ofUser: "v", latest: 9).count, 1, "which is stored")
            let history = try await store.history(ofUser: "u", latest: 10)
            try expect(history.map(\.itemID), ["j", "i"], "the history: without a time it is now")
            try expect(history[1].timestampMs > 1_600_000_000_000, "the time is the clock's")
            await store.close()
        },
    ]
}
