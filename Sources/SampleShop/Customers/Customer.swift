/// A person with what nobody sees of them: what they care about, and how they choose.
package struct Customer: Sendable {
    /// How somebody comes to buy a thing.
    package enum Style: Int, CaseIterable, Sendable {
        /// By taste and need, nearly always.
        case deliberate
        /// Often what everybody buys.
        case follower
        /// Sometimes just anything.
        case explorer

        /// Percents of purchases by taste and need, by popularity, and by chance.
        var mixture: (taste: Int, popularity: Int, chance: Int) {
            switch self {
            case .deliberate: (88, 9, 3)
            case .follower: (70, 26, 4)
            case .explorer: (77, 9, 14)
            }
        }
    }

    /// A facet that a customer looks at, with the value they want and the one they take as well.
    package struct Preference: Sendable, Hashable {
        package let facet: Facet
        package let favorite: Int
        package let second: Int

        /// 2 for the favourite, 1 for the second, else 0.
        package func match(_ item: ItemTraits) -> Int {
            let value = item.value(of: facet)
            return value == favorite ? 2 : value == second ? 1 : 0
        }
    }

    /// From 0.
    package let index: Int
    package let style: Style
    /// Two facets, the more important one first.
    package let preferences: [Preference]
    /// What they are out and about for most, and next.
    package let families: [Family]
    /// How many things they buy in all.
    package let purchaseCount: Int
    /// Of the first purchase, since 1970.
    let firstDay: Int

    /// Fewest and most purchases.
    package static let purchaseCounts = 5...30
    /// 1 January 2017.
    private static let openingDay = 17_167

    init(index: Int, itemCount: Int, seed: UInt64) {
        var random = ShopRandom(seed: seed, .customer, index)
        self.index = index
        style = random.pick(Style.allCases)
        preferences = random.shuffled(Facet.allCases).prefix(2).map { facet in
            let favorite = random.below(Facet.valueCount)
            return Preference(
                facet: facet, favorite: favorite, second: (favorite + 1 + random.below(Facet.valueCount - 1)) % Facet.valueCount)
        }
        families = Array(random.shuffled(Family.allCases).prefix(2))
        // Most buy little: each further purchase is made by seven of eight, up to a limit.
        let most = min(Self.purchaseCounts.upperBound, itemCount / 2)
        var count = Self.purchaseCounts.lowerBound
        while count < most, random.below(8) != 0 { count += 1 }
        purchaseCount = count
        firstDay = Self.openingDay + random.below(1_000)
    }

    /// How many points an article gets with them, from 0 to 4: what they rate by.
    package func match(_ item: ItemTraits) -> Int { preferences.reduce(0) { $0 + $1.match(item) } }
}
