internal import Store
internal import Wire

extension StoreCase {
    static let reading = [
        StoreCase(name: "a history goes by time, then by the order of coming") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest([
                interaction("u", "z", 5), interaction("u", "a", 5), interaction("u", "late", 9), interaction("u", "m", 5),
                interaction("u", "early", 1), interaction("u", "unknown", 0), interaction("v", "x", 3),
            ])
            let history = try await store.history(ofUser: "u", latest: 10)
            try expect(history.map(\.itemID), ["unknown", "early", "z", "a", "m", "late"], "the history")
            try expect(try await store.history(ofUser: "u", latest: 2).map(\.itemID), ["m", "late"], "the latest two")
            try expect(try await store.history(ofUser: "nobody", latest: 2), [], "nobody's history")
            await store.close()
        },
        StoreCase(name: "items and users are told in the order of their coming, as they were given") { fixture in
            let store = try await fixture.open()
            try expect(try await store.items(after: .none, limit: 5), [], "the items of an empty store")
            try expect(try await store.newestRationale(), .none, "the newest rationale of an empty store")
            let described = Item(itemID: "b", title: "A \"b\"", categories: ["x / y", "ü"], description: "d")
            _ = try await store.ingest([interaction("v", "a", 5), .item(described), interaction("u", "c", 1)])
            let items = try await store.items(after: .none, limit: 5)
            try expect(items.map(\.item), [Item(itemID: "a"), described, Item(itemID: "c")], "the items")
            try expect(try await store.items(after: items[0].number, limit: 1), [items[1]], "one behind the first")
            let users = try await store.users(after: .none, limit: 5)
            try expect(users.map(\.id), ["v", "u"], "the users")
            try expect(try await store.users(after: users[1].number, limit: 5), [], "behind the last")
            try expect(try await store.user("u"), users[1].number, "the number of a user")
            try expect(try await store.user("U"), nil, "the number of nobody")
            await store.close()
        },
        StoreCase(name: "rationales come in the order of the interactions, with their provenance and part") { fixture in
            let store = try await fixture.open()
            _ = try await store.ingest(shop(users: 2, items: 4))
            for (user, item) in [(0, 3), (1, 0), (0, 0), (0, 2), (0, 1)] {
                _ = try await store.ingest([
                    .rationale(rationale(idOf("u\(user)", "i\(item)", Int64(1_000 + item)), "u\(user)i\(item)"))
                ])
            }
            let unsplit = try await list(store, .user("u0"))
            try expect(unsplit.map(\.part), Array(repeating: .unspecified, count: 4), "the parts before a split")
            _ = try await store.makeSplit(SplitPolicy())
            let rationales = try await list(store, .user("u0"))
            try expect(rationales.compactMap(\.rationale?.itemID), ["i0", "i1", "i2", "i3"], "the order")
            try expect(rationales.map(\.part), [.training, .training, .validation, .test], "the parts")
            try expect(rationales[0].rationale?.provenance, rationale("", "").provenance, "the provenance")
            try expect(rationales[0].rationale?.reviewID, idOf("u0", "i0", 1_000), "the id")
            try expect(try await list(store, .item("i0")).compactMap(\.rationale?.userID), ["u0", "u1"], "an item's")
            try expect(try await list(store, .user("u0"), trainingOnly: true).count, 2, "what training may see")
            try await expectError(.notFound, "an item that is not there") { _ = try await list(store, .item("no")) }
            await store.close()
        },
        StoreCase(name: "many rationales come in batches, each once") { fixture in
            let store = try await fixture.open()
            let count = 1_000
            _ = try await store.ingest((0..<count).map { review("u\($0)", "i", Int64($0 % 7), id: "r\($0)") })
            _ = try await store.ingest((0..<count).map { .rationale(rationale("r\($0)", "x\($0)")) })
            let all = try await list(store, .item("i"))
            try expect(all.count, count, "the rationales")
            try expect(Set(all.compactMap(\.rationale?.reviewID)).count, count, "different ones")
            try expect(all.map(\.timestampMs), all.map(\.timestampMs).sorted(), "the times")
            await store.close()
        },
    ]
}

func list(_ store: any Store, _ subject: RationaleSubject, trainingOnly: Bool = false) async throws -> [StoredRationale] {
    let gathered = Gathered()
    try await store.rationales(of: subject, trainingOnly: trainingOnly) { await gathered.add($0) }
    return await gathered.rationales
}

private actor Gathered {
    var rationales: [StoredRationale] = []
    func add(_ batch: [StoredRationale]) { rationales += batch }
}
