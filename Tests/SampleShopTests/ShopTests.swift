import SampleShop
import Testing
import Wire

/// What is planted in a shop, looked for in what comes out of it.
struct ShopTests {
    private static let users = 600
    private static let shop = Shop(users: users, items: 240, seed: 11)
    private static let customers = (0..<users).map(shop.customer)
    private static let histories = customers.map(shop.purchases)
    private static let purchases = histories.flatMap { $0 }

    private var shop: Shop { Self.shop }

    @Test func `Nobody buys a thing twice, and everybody buys five to thirty, a day or more apart`() {
        for history in Self.histories {
            #expect(Set(history.map(\.item)).count == history.count && Customer.purchaseCounts.contains(history.count))
            #expect(zip(history, history.dropFirst()).allSatisfy { $0.day < $1.day && $0.position + 1 == $1.position })
        }
        let counts = Self.histories.map(\.count)
        #expect(counts.max() ?? 0 > 20 && Double(counts.reduce(0, +)) / Double(Self.users) > 9)
    }

    @Test func `Many buy on the same day`() {
        let days = Set(Self.purchases.map(\.day))
        #expect(days.count < Self.purchases.count / 2)
        let ordered = Self.purchases.sorted(by: Purchase.isEarlier)
        #expect(zip(ordered, ordered.dropFirst()).allSatisfy { $0.timestampMs <= $1.timestampMs })
    }

    @Test func `People buy what they prefer`() {
        var matches = 0, byChance = 0.0
        for (customer, history) in zip(Self.customers, Self.histories) {
            let suited = Set(shop.items.indices.filter { customer.preferences[0].match(shop.items[$0].traits) == 2 })
            matches += history.count { suited.contains($0.item) }
            byChance += Double(history.count * suited.count) / Double(shop.items.count)
        }
        #expect(Double(matches) > 2.8 * byChance, "\(matches) where chance gives \(byChance)")
    }

    @Test func `The next purchase is of the next category of the family`() {
        var inOrder = 0, backward = 0, all = 0
        for history in Self.histories {
            for (last, next) in zip(history, history.dropFirst()) {
                let (from, to) = (shop.items[last.item].traits.category, shop.items[next.item].traits.category)
                guard from % Category.perFamily < Category.perFamily - 1 else { continue }
                all += 1
                if to == from + 1 { inOrder += 1 }
                if to == from - 1 { backward += 1 }
            }
        }
        #expect(Double(inOrder) > 0.35 * Double(all) && inOrder > 10 * backward, "\(inOrder) and \(backward) of \(all)")
    }

    @Test func `A few articles are bought by many, and most by few`() {
        var counts = Array(repeating: 0, count: shop.items.count)
        for purchase in Self.purchases { counts[purchase.item] += 1 }
        let ordered = counts.sorted(by: >), all = ordered.reduce(0, +)
        #expect(ordered.prefix(24).reduce(0, +) > all / 4, "a tenth of the articles")
        #expect(ordered[120...].reduce(0, +) < all / 3, "half of them")
        let best = shop.items.min { $0.traits.popularityRank < $1.traits.popularityRank }?.index ?? 0
        #expect(counts[best] > 3 * ordered[120])
    }

    @Test func `The planted model finds the last purchase far more often than popularity does, and not always`() {
        let truth = Truth(of: shop, purchases: Self.purchases)
        #expect(truth.interactionCount == Self.purchases.count)
        let (best, popularity) = (truth.best.hitRate(2), truth.popularity.hitRate(2))
        #expect((0.5...0.8).contains(best) && (0.08...0.25).contains(popularity), "\(best), \(popularity)")
        #expect(truth.best.hitRate(0) < truth.best.hitRate(1) && truth.best.hitRate(1) < best)
        #expect(truth.best.gainOfTen > truth.best.hitRate(0) && truth.best.gainOfTen < best)
    }

    @Test func `Articles have all attributes in like numbers, and titles of their own`() {
        for facet in Facet.allCases {
            for value in 0..<Facet.valueCount {
                #expect((15...70).contains(shop.items.count { $0.traits.value(of: facet) == value }))
            }
        }
        for category in Category.all.indices { #expect(shop.items.count { $0.traits.category == category } == 8) }
        #expect(Set(shop.items.map(\.title)).count > 235)
        #expect((5...40).contains(shop.items.count { $0.description.isEmpty }))
        for item in shop.items where !item.description.isEmpty {
            let text = item.description.lowercased()
            #expect(Facet.allCases.allSatisfy { text.contains($0.values[item.traits.value(of: $0)]) }, "\(item.description)")
        }
    }

    @Test func `A rank counts from nought, and gains by the logarithm`() {
        var score = RankingScore()
        #expect(score.hitRate(0) == 0 && score.gainOfTen == 0)
        for rank in [0, 2, 9, 10] { score.add(rank: rank) }
        #expect(score.hitRate(0) == 0.25 && score.hitRate(1) == 0.5 && score.hitRate(2) == 0.75)
        // (1 + 1 / 2 + 1 / log2(11)) / 4
        #expect(abs(score.gainOfTen - 0.447266) < 2e-6)
    }
}
