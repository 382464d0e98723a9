internal import Store
internal import Wire

// Each door through which training could get at what the split holds back, and somebody who tries it.
extension StoreCase {
    static let leaking = [
        StoreCase(name: "training sees nothing of validation and test, through any door") { fixture in
            let store = try await fixture.open()
            // Each user's last two, u<n>-val and u<n>-test, are items nobody else has: whatever shows one has leaked.
            var records: [IngestRecord.Record] = []
            for user in 0..<12 {
                for (place, item) in ["i0", "i1", "i\(2 + user % 3)", "u\(user)-val", "u\(user)-test"].enumerated() {
                    records.append(review("u\(user)", item, Int64(place), "u\(user) on \(item)", id: "u\(user)/\(item)"))
                }
            }
            // Pushed by a teacher elsewhere, which knows of no split.
            let pushed = records.compactMap { record -> IngestRecord.Record? in
                guard case .review(let review) = record else { return nil }
                return .rationale(rationale(review.reviewID, "secret of \(review.itemID)"))
            }
            _ = try await store.ingest(records + pushed)
            let split = try await store.makeSplit(SplitPolicy()), view = store.training(split)
            try expect([split.training, split.validation, split.test], [36, 12, 12], "the counts")

            let everything = try await store.sequences(of: split, after: .none, limit: 100)
            let heldBack = everything.flatMap(\.steps).filter { $0.part != .training }
            try expect(heldBack.count, 24, "what is held back")
            for step in everything.flatMap(\.steps) {
                try expect(try await view.sees(step.interaction), step.part == .training, "whether training sees \(step)")
            }
            try expect(try await view.sees(InteractionNumber(rawValue: 1_000_000)), false, "an interaction that is not there")

            let hidden = Set(heldBack.map(\.item))
            let sequences = try await view.sequences(after: .none, limit: 100)
            try expect(sequences.map(\.steps.count), Array(repeating: 3, count: 12), "the training sequences")
            try expect(hidden.isDisjoint(with: sequences.flatMap(\.steps).map(\.item)), "no sequence has an item that is held back")
            let counts = try await view.itemCounts()
            try expect(counts.values.reduce(0, +), 36, "all counts")
            try expect(hidden.isDisjoint(with: counts.keys), "popularity knows no item that is held back")

            let reviews = try await view.reviews(after: .none, limit: 1_000)
            try expect(reviews.count, 36, "the reviews")
            let other = try await store.teacher(TeacherIdentity(modelDigest: "t9", promptVersion: "p", modelName: "m"))
            let newest = try await store.newestRationale(), some = RationaleNumber(rawValue: newest.rawValue / 2)
            let rationales = try await view.rationales(after: .none, upTo: newest, limit: 1_000)
            try expect(rationales.count, 36, "the rationales")
            try expect(hidden.isDisjoint(with: rationales.map(\.item)), "no rationale is of an item that is held back")
            let first = try await view.rationales(after: .none, upTo: some, limit: 1_000)
            let rest = try await view.rationales(after: some, upTo: newest, limit: 1_000)
            try expect(first + rest, rationales, "the rationales in two parts")
            let pending = try await view.reviewsToDistil(teacher: other, failedBefore: 0, after: .none, limit: 1_000)
            try expect(pending.count, 36, "the reviews to distil")
            try expect(try await view.countToDistil(teacher: other, failedBefore: .max), 36, "their count")
            for review in reviews + pending {
                try expect(!review.review.itemID.hasPrefix("u"), "review \(review.review.reviewID) is not of what is held back")
            }

            for step in heldBack { try expect(try await view.attributes(ofItem: step.item, before: nil), [], "the profile of \(step)") }
            for user in everything.map(\.user) {
                let preferences = try await view.preferences(ofUser: user, before: nil)
                try expect(preferences.count, 3, "the preferences of a user")
                try expect(!preferences.contains { $0.contains("-val") || $0.contains("-test") }, "none is of what is held back")
            }
            for user in 0..<12 {
                let listed = try await list(store, .user("u\(user)"), trainingOnly: true)
                try expect(listed.allSatisfy { $0.part == .training } && listed.count == 3, "what is listed for training")
            }
            await store.close()
        },
        StoreCase(name: "what came after the split is not seen by it") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 3, items: 4))
            let split = try await store.makeSplit(SplitPolicy()), view = store.training(split)
            _ = try await store.ingest([review("u0", "new", 9_000, "later", id: "later"), .rationale(rationale("later", "later"))])
            try expect(try await view.reviews(after: .none, limit: 100).contains { $0.review.reviewID == "later" }, false, "the new review")
            try expect(try await view.itemCounts().values.reduce(0, +), 6, "the counts")
            let user = try await store.sequences(of: split, after: .none, limit: 1)[0].user
            try expect(try await view.preferences(ofUser: user, before: nil), [], "the preferences")
            await store.close()
        },
        StoreCase(name: "evaluation reads the reviews that are held back, and none of training's") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(
                shop(users: 3, items: 4) + [review("u0", "i4", 2_000, "", id: "silent"), review("u1", "i4", 2_000, "named", id: "r")])
            let split = try await store.makeSplit(SplitPolicy())
            _ = try await store.ingest([review("u2", "late", 9_000, "late")])
            let steps = try await store.sequences(of: split, after: .none, limit: 10).flatMap(\.steps)
            let late = InteractionNumber(rawValue: (steps.map(\.interaction.rawValue).max() ?? 0) + 1)
            let asked = steps.map(\.interaction) + [late, late]
            let reviews = try await store.heldBackReviewsForEvaluation(of: asked, in: split)
            try expect(Set(reviews.values.map(\.text)), ["u0 on i3", "u1 on i3", "named", "u2 on i2", "u2 on i3"], "the texts")
            for (interaction, review) in reviews {
                let step = steps.first { $0.interaction == interaction }
                try expect(step?.part == .validation || step?.part == .test, "the part of \(review.text)")
                try expect(step?.time, review.timestampMs, "its time")
            }
            let ids = [idOf("u0", "i3", 1_003), idOf("u1", "i3", 1_003), idOf("u2", "i2", 1_002), idOf("u2", "i3", 1_003), "r"]
            try expect(Set(reviews.values.map(\.reviewID)), Set(ids), "the ids")
            try expect(try await store.heldBackReviewsForEvaluation(of: [], in: split), [:], "nothing of nothing")
            await store.close()
        },
        StoreCase(name: "a profile ends before its moment") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 1, items: 6))
            _ = try await store.ingest((0..<6).map { .rationale(rationale(idOf("u0", "i\($0)", Int64(1_000 + $0)), "word\($0)")) })
            // The newest rationale of a review is the one that counts.
            _ = try await store.ingest([.rationale(rationale(idOf("u0", "i1", 1_001), "newer", prompt: "p2"))])
            let split = try await store.makeSplit(SplitPolicy()), view = store.training(split)
            let sequence = try await view.sequences(after: .none, limit: 1)[0]
            for (place, step) in sequence.steps.enumerated() {
                let moment = Moment(time: step.time, interaction: step.interaction)
                let preferences = try await view.preferences(ofUser: sequence.user, before: moment)
                try expect(preferences.count, place, "the preferences before step \(place)")
                try expect(try await view.attributes(ofItem: step.item, before: moment), [], "an item's before its only review")
            }
            let all = try await view.preferences(ofUser: sequence.user, before: nil)
            try expect(all.map { $0.split(separator: " ").last ?? "" }, ["word0.", "newer.", "word2.", "word3."], "all preferences")
            await store.close()
        },
        StoreCase(name: "what a k-core leaves out is not seen") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 3, items: 4) + [review("u0", "rare", 1, "rare", id: "rare")])
            let view = store.training(try await store.makeSplit(SplitPolicy(kCore: 3)))
            try expect(try await view.reviews(after: .none, limit: 100).count, 6, "the reviews")
            await store.close()
        },
    ]
}
