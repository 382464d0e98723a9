internal import Store
internal import Wire

extension StoreCase {
    static let splitting = [
        StoreCase(name: "leave one out: the last is for the test, the one before for validation, of those with three") { fixture in
            let store = try await fixture.open()
            // The last two of u have one time: the one that came later is the last.
            _ = try await store.ingest([
                interaction("u", "d", 7), interaction("u", "c", 7), interaction("u", "a", 1), interaction("u", "b", 2),
                interaction("two", "a", 1), interaction("two", "b", 2), interaction("three", "a", 0), interaction("three", "b", 0),
                interaction("three", "c", 0),
            ])
            let split = try await store.makeSplit(SplitPolicy())
            try expect([split.training, split.validation, split.test, split.leftOut], [5, 2, 2, 0], "the counts")
            try expect(split.testedUsers, 2, "the tested users")
            try expect(split.isCurrent, "it is current")
            let sequences = try await store.sequences(of: split, after: .none, limit: 100)
            try expect(
                sequences.map { $0.steps.map(\.part) },
                [[.training, .training, .validation, .test], [.training, .training], [.training, .validation, .test]], "the parts")
            try expect(sequences[0].steps.map(\.time), [1, 2, 7, 7], "the times")
            try expect(
                sequences[0].steps[3].interaction.rawValue > sequences[0].steps[2].interaction.rawValue, "ties go by the order of coming")
            await store.close()
        },
        StoreCase(name: "a split has a version, which stays as it was when more has come") { fixture in
            let store = try await fixture.open()
            try expect(try await store.currentSplit(), nil, "the split before the first")
            _ = try await store.ingest(shop(users: 3, items: 4))
            let first = try await store.makeSplit(SplitPolicy())
            try expect(try await store.makeSplit(SplitPolicy()), first, "the same of the same")
            _ = try await store.ingest([interaction("u0", "i9", 9_000)])
            try expect(try await store.currentSplit()?.isCurrent, false, "whether it is current")
            let old = try await store.sequences(of: first, after: .none, limit: 10)
            let second = try await store.makeSplit(SplitPolicy())
            try expect(second.version > first.version, "the version goes up")
            try expect(try await store.sequences(of: first, after: .none, limit: 10), old, "the old version's parts")
            let new = try await store.sequences(of: second, after: .none, limit: 1)
            try expect(new[0].steps.map(\.part), [.training, .training, .training, .validation, .test], "the new version's parts")
            try expect(try await store.freshSplit(pinnedBy: nil), second, "a fresh one where nothing has come")
            try expect(try await store.split(first.version).training, first.training, "the old version")
            let byCore = try await store.makeSplit(SplitPolicy(kCore: 2))
            _ = try await store.ingest([interaction("u1", "i9", 9_000)])
            let third = try await store.freshSplit(pinnedBy: nil)
            try expect([third.version > byCore.version, third.policy == byCore.policy], [true, true], "a fresh one has the policy before")
            try await expectError(.notFound, "a split that is not there") { _ = try await store.split(77) }
            await store.close()
        },
        StoreCase(name: "old versions go, but for those of unfinished jobs") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 2, items: 4))
            let first = try await store.makeSplit(SplitPolicy())
            let job = try await store.addJob(kind: .training, request: [])
            _ = try await store.update(job.number, JobChange(phase: .running))
            try expect(try await store.freshSplit(pinnedBy: job.number), first, "the split that is kept for the job")
            try expect(try await store.job(job.number).split, first.version, "the job's split")
            for more in 0..<Split.keptVersions + 2 {
                _ = try await store.ingest([interaction("u0", "more\(more)", Int64(5_000 + more))])
                _ = try await store.makeSplit(SplitPolicy())
            }
            try expect(try await store.sequences(of: first, after: .none, limit: 10).count, 2, "the job's split's users")
            _ = try await store.update(job.number, JobChange(phase: .succeeded))
            _ = try await store.ingest([interaction("u0", "last", 9_000)])
            _ = try await store.makeSplit(SplitPolicy())
            try expect(try await store.sequences(of: first, after: .none, limit: 10), [], "the users of a split that has gone")
            await store.close()
        },
        StoreCase(name: "by time: what happened from a moment on is held back") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 4, items: 10))
            let given = try await store.makeSplit(SplitPolicy(kind: .globalTime, validationFromMs: 1_006, testFromMs: 1_008))
            try expect([given.training, given.validation, given.test], [24, 8, 8], "the counts")
            let chosen = try await store.makeSplit(SplitPolicy(kind: .globalTime))
            try expect([chosen.policy?.validationFromMs, chosen.policy?.testFromMs], [1_008, 1_009], "the moments chosen")
            // Chosen anew when more has come, not kept.
            _ = try await store.ingest((10..<20).map { review("u0", "i\($0)", Int64(1_000 + $0)) })
            let later = try await store.makeSplit(SplitPolicy(kind: .globalTime))
            try expect((later.policy?.testFromMs ?? 0) > 1_009, "the moments move")
            for policy in [
                SplitPolicy(kind: .globalTime, validationFromMs: 9, testFromMs: 8), SplitPolicy(kind: .globalTime, testFromMs: 8),
                SplitPolicy(validationFromMs: 8, testFromMs: 9), SplitPolicy(kind: SplitKind(rawValue: 77)),
            ] {
                try await expectError(.invalid, "\(policy)") { _ = try await store.makeSplit(policy) }
            }
            await store.close()
        },
        StoreCase(name: "by time: what has no time was before everything, and is for training") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(
                (0..<92).map { interaction("u\($0 % 9)", "x\($0)", 0) } + (0..<10).map { interaction("u", "i\($0)", Int64($0 + 1)) })
            let split = try await store.makeSplit(SplitPolicy(kind: .globalTime))
            try expect([split.training, split.validation, split.test], [92 + 8, 1, 1], "the counts")
            await store.close()
        },
        StoreCase(name: "a k-core of a long chain takes no longer than one of none") { fixture in
            // Each user has two items, each item two users: of a chain, which falls apart from its ends.
            let store = try await fixture.open()
            let count = 20_000
            _ = try await store.ingest(
                (0..<count).flatMap { link -> [IngestRecord.Record] in
                    let user = "u\(link * 7_919 % count)"
                    return [interaction(user, "i\(link)", 1), interaction(user, "i\(link + 1)", 2)]
                })
            let split = try await store.makeSplit(SplitPolicy(kCore: 2))
            try expect([split.leftOut, split.training], [UInt64(2 * count), 0], "the counts")
            await store.close()
        },
        StoreCase(name: "by time without times is refused") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest([interaction("u", "a", 0), interaction("u", "b", 0)])
            try await expectError(.invalid, "a split by times that are not known") {
                _ = try await store.makeSplit(SplitPolicy(kind: .globalTime))
            }
            await store.close()
        },
        StoreCase(name: "k-core leaves out users and items until none has fewer") { fixture in
            let store = try await fixture.open()
            // Without `rare` the user `thin` has two, and without those `i1` of `u1` still three.
            _ = try await store.ingest(
                shop(users: 3, items: 3) + [interaction("thin", "i0", 1), interaction("thin", "i1", 2), interaction("thin", "rare", 3)])
            let split = try await store.makeSplit(SplitPolicy(kCore: 3))
            try expect([split.leftOut, split.training, split.validation, split.test], [3, 3, 3, 3], "the counts")
            await store.close()
        },
        StoreCase(name: "sequences come in pages, without users that have none") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 25, items: 3))
            let split = try await store.makeSplit(SplitPolicy())
            _ = try await store.ingest((0..<30).map { interaction("late\($0)", "i", 1) })
            var after = UserNumber.none, seen: [UserNumber] = []
            while true {
                let page = try await store.sequences(of: split, after: after, limit: 4)
                guard let last = page.last else { break }
                try expect(page.count <= 4, "a page has at most four")
                seen += page.map(\.user)
                after = last.user
            }
            try expect(Set(seen).count, 25, "the users")
            try expect(seen.count, 25, "each once")
            await store.close()
        },
    ]
}
