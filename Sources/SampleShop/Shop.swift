/// A shop that never was: articles with hidden attributes, customers with hidden preferences, and what these bought, by a model that is
/// known. All of it is a function of the three numbers alone, to the last byte and on every machine.
package struct Shop: Sendable {
    package let userCount: Int
    package let seed: UInt64
    package let items: [ShopItem]
    private let traits: [ItemTraits]
    /// Weights of the articles for who buys what everybody buys.
    private let popularity: [UInt64]

    package static let userCounts = 1...1_000_000
    /// At least some of each category.
    package static let itemCounts = 60...100_000

    /// - Parameters:
    ///   - users: in ``userCounts``.
    ///   - items: in ``itemCounts``.
    package init(users: Int, items: Int, seed: UInt64) {
        precondition(Self.userCounts.contains(users) && Self.itemCounts.contains(items))
        userCount = users
        self.seed = seed
        self.items = ShopItem.catalogue(count: items, seed: seed)
        traits = self.items.map(\.traits)
        popularity = traits.map { ChoiceModel.popularity(rank: $0.popularityRank) }
    }

    package func customer(_ index: Int) -> Customer { Customer(index: index, itemCount: items.count, seed: seed) }

    /// The planted model at work for a customer who has bought nothing yet.
    func choices(of customer: Customer) -> ChoiceModel { ChoiceModel(customer, items: traits, popularity: popularity) }

    /// What a customer buys, in order.
    package func purchases(of customer: Customer) -> [Purchase] {
        var random = ShopRandom(seed: seed, .customer, customer.index, position: 1)
        var choices = choices(of: customer), day = customer.firstDay
        return (0..<customer.purchaseCount).map { position in
            defer { day += 1 + random.below(random.happens(percent: 15) ? 90 : 14) }
            return Purchase(user: customer.index, position: position, item: choices.buy(&random), day: day)
        }
    }

    // MARK: Names

    /// As in u0042: as many digits as the last one needs.
    package func userID(_ index: Int) -> String { Self.name("u", index, of: userCount) }
    package func itemID(_ index: Int) -> String { Self.name("i", index, of: items.count) }

    private static func name(_ letter: String, _ index: Int, of count: Int) -> String {
        let digits = String(index + 1)
        return letter + String(repeating: "0", count: String(count).count - digits.count) + digits
    }
}

/// That somebody took an article home.
package struct Purchase: Sendable, Hashable {
    package let user: Int
    /// Among the customer's, from 0.
    package let position: Int
    package let item: Int
    /// Since 1970; each customer's are all different.
    package let day: Int

    /// At the day's beginning, as shops export it: purchases of one day are at one time.
    package var timestampMs: Int64 { Int64(day) * 86_400_000 }

    /// The order of a shop's export: by day, and a day's by customer.
    package static func isEarlier(_ one: Purchase, _ other: Purchase) -> Bool { (one.day, one.user) < (other.day, other.user) }
}
