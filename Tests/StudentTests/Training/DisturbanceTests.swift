import Store
import Student
import Testing

/// Disturbed corpora: the share that is asked for changes, and nothing that a version is judged by.
@Suite(.timeLimit(.minutes(1)))
struct DisturbanceTests {
    private static let shop = TrainingShop(users: 200, rings: 4, ringCount: 12, perUser: 8)

    private func corpus() async throws -> TrainingCorpus {
        try await Self.shop.inStore { store, _, split in try await TrialCorpus.read(store, split, .changed()) }
    }

    @Test(arguments: [0, 0.1, 0.5, 1])
    func `A share of the interactions has a random item`(_ share: Double) async throws {
        let before = try await corpus()
        var after = before
        Disturbances.replaceItems(share, in: &after, seed: 3)
        let pairs = zip(before.users, after.users).flatMap { zip($0.steps, $1.steps) }
        let changed = Double(pairs.count { $0.item != $1.item }) / Double(pairs.count)
        // One of 48 draws is the item itself.
        #expect(abs(changed - share * 47 / 48) < 0.05, "\(changed)")
        #expect(pairs.allSatisfy { $0.interaction == $1.interaction })
        #expect(before.users.map(\.id) == after.users.map(\.id))
        #expect(before.users.map(\.validation) == after.users.map(\.validation), "validation asks for what it asked for")
        #expect(before.rationales == after.rationales && before.reviews == after.reviews)
        #expect(before.catalogue.ids == after.catalogue.ids && before.catalogue.titles == after.catalogue.titles)
        for (item, count) in after.catalogue.trainingCounts.enumerated() {
            #expect(count == after.histories.reduce(0) { $0 + $1.count { $0 == item } })
        }
        var again = before, other = before
        Disturbances.replaceItems(share, in: &again, seed: 3)
        Disturbances.replaceItems(share, in: &other, seed: 4)
        #expect(again.users == after.users)
        #expect((other.users == after.users) == (share == 0))
    }

    @Test(arguments: [0, 0.1, 0.5, 1])
    func `A share of the rationales is another interaction's, and none is lost`(_ share: Double) async throws {
        let before = try await corpus()
        var after = before
        Disturbances.swapRationales(share, in: &after, seed: 3)
        #expect(before.users == after.users && before.catalogue == after.catalogue && before.reviews == after.reviews)
        #expect(Set(before.rationales.keys) == Set(after.rationales.keys))
        func texts(_ corpus: TrainingCorpus) -> [String] { corpus.rationales.values.map { $0.preference + $0.attributes }.sorted() }
        #expect(texts(before) == texts(after))
        let changed = before.rationales.count { after.rationales[$0] != $1 }
        // Of 32 texts one in 32 moves to its like.
        #expect(abs(Double(changed) / Double(before.rationales.count) - share * 31 / 32) < 0.06, "\(changed)")
        var again = before
        Disturbances.swapRationales(share, in: &again, seed: 3)
        #expect(again.rationales == after.rationales)
    }
}
