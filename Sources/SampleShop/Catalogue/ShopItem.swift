package import Wire

/// What of an article decides who buys it: the hidden state that its texts tell of.
package struct ItemTraits: Sendable, Hashable {
    /// In ``Category/all``.
    package let category: Int
    /// Index of the value of each facet, by the facet's number.
    let attributes: SIMD4<UInt8>
    /// 0 is the most popular article.
    package let popularityRank: Int

    package var family: Family { Category.family(category) }

    package func value(of facet: Facet) -> Int { Int(attributes[facet.rawValue]) }
}

/// An article.
package struct ShopItem: Sendable {
    /// From 0; tells nothing of the traits.
    package let index: Int
    package let traits: ItemTraits
    package let title: String
    /// Empty for some.
    package let description: String

    /// Makes the articles of a shop.
    static func catalogue(count: Int, seed: UInt64) -> [ShopItem] {
        var order = ShopRandom(seed: seed, .popularity)
        let ranks = order.shuffled(Array(0..<count))
        // Each category has as many as any other, give or take one.
        let categories = order.shuffled((0..<count).map { $0 % Category.all.count })
        return (0..<count).map { index in
            var random = ShopRandom(seed: seed, .item, index)
            var attributes = SIMD4<UInt8>()
            for facet in Facet.allCases { attributes[facet.rawValue] = UInt8(random.below(Facet.valueCount)) }
            let traits = ItemTraits(category: categories[index], attributes: attributes, popularityRank: ranks[index])
            let words = ItemWords(index: index, traits: traits)
            let title = words.title(&random)
            return ShopItem(
                index: index, traits: traits, title: title, description: random.happens(percent: 8) ? "" : words.description(&random))
        }
    }
}

extension ShopItem {
    /// As the shop would export it. The attributes are in its words alone.
    package func message(id: String) -> Item {
        Item(itemID: id, title: title, categories: [traits.family.name, Category.all[traits.category].name], description: description)
    }
}
