/// The planted model: how probable each article is as somebody's next purchase.
///
/// A mixture of three. By taste and need, an article's weight is the product of how well it matches the customer's two preferences, of
/// how the families suit them, of its category after that of the last purchase, and a little of its popularity; by popularity the weight
/// is Zipf's; by chance all are alike. Nothing is bought twice. Weights are whole numbers, so that the same is drawn everywhere.
struct ChoiceModel {
    private let items: [ItemTraits]
    private let customer: Customer
    /// Weights of each article by taste, and by popularity; 0 for what was bought.
    private var tastes: [UInt64]
    private var popular: [UInt64]
    private var isBought: [Bool]
    private var boughtCount = 0
    private var lastCategory: Int?

    /// - Parameter popularity: of each article, by ``popularity(rank:)``.
    init(_ customer: Customer, items: [ItemTraits], popularity: [UInt64]) {
        self.items = items
        self.customer = customer
        tastes = items.map { Self.taste(of: customer, for: $0, of: items.count) }
        popular = popularity
        isBought = Array(repeating: false, count: items.count)
    }

    // MARK: Weights

    /// Of the article of each rank, Zipf's with the first ranks levelled.
    static func popularity(rank: Int) -> UInt64 { UInt64(1_000_000 / (rank + 2)) }

    /// What a customer and an article are for each other, whatever was bought before.
    private static func taste(of customer: Customer, for item: ItemTraits, of count: Int) -> UInt64 {
        let first = [1, 10, 70][customer.preferences[0].match(item)], second = [1, 6, 50][customer.preferences[1].match(item)]
        let family = item.family == customer.families[0] ? 5 : item.family == customer.families[1] ? 3 : 1
        // From 122 for the best seller to 2 or 3 for most.
        let renown = 2 + 120 / (1 + item.popularityRank * 60 / count)
        return UInt64(first * second * family * renown)
    }

    /// Of an article's category after another's: the planted order. The last category of a family leads to the first of any.
    static func need(_ category: Int, after last: Int?) -> UInt64 {
        let place = category % Category.perFamily
        guard let last else { return place == 0 ? 12 : 1 }
        let isSameFamily = category / Category.perFamily == last / Category.perFamily, lastPlace = last % Category.perFamily
        if lastPlace == Category.perFamily - 1 { return place == 0 ? 50 : 1 }
        return isSameFamily ? (place == lastPlace + 1 ? 70 : 3) : 1
    }

    private var needs: [UInt64] { Category.all.indices.map { Self.need($0, after: lastCategory) } }

    // MARK: Choosing

    /// Draws the next purchase, and notes it as bought.
    mutating func buy(_ random: inout ShopRandom) -> Int {
        let percent = random.below(100), mixture = customer.style.mixture
        let bought: Int
        if percent < mixture.taste {
            let needs = needs
            bought = drawn(&random) { tastes[$0] * needs[items[$0].category] }
        } else if percent < mixture.taste + mixture.popularity {
            bought = drawn(&random) { popular[$0] }
        } else {
            bought = drawn(&random) { isBought[$0] ? 0 : 1 }
        }
        note(bought)
        return bought
    }

    /// Takes note of a purchase.
    mutating func note(_ item: Int) {
        tastes[item] = 0
        popular[item] = 0
        isBought[item] = true
        boughtCount += 1
        lastCategory = items[item].category
    }

    private func drawn(_ random: inout ShopRandom, _ weight: (Int) -> UInt64) -> Int {
        var total: UInt64 = 0
        for item in items.indices { total += weight(item) }
        var left = random.below(total)
        for item in items.indices {
            let weight = weight(item)
            if left < weight { return item }
            left -= weight
        }
        preconditionFailure("nothing is left to buy")
    }

    // MARK: Ranking

    /// How many articles that were not bought are more probable as the next purchase than `target`; of those alike, the first of the
    /// catalogue counts as such.
    func rank(of target: Int) -> Int {
        let needs = needs, mixture = customer.style.mixture
        var tasteTotal: UInt64 = 0, popularTotal: UInt64 = 0
        for item in items.indices {
            tasteTotal += tastes[item] * needs[items[item].category]
            popularTotal += popular[item]
        }
        let taste = Double(mixture.taste) / Double(tasteTotal), popularity = Double(mixture.popularity) / Double(popularTotal)
        // Chance adds the same to each.
        func probability(_ item: Int) -> Double {
            taste * Double(tastes[item] * needs[items[item].category]) + popularity * Double(popular[item])
        }
        return items.indices.rank(of: target, by: probability) { isBought[$0] }
    }

    /// As ``rank(of:)``, by how often each was bought in training.
    func rank(of target: Int, counts: [Int]) -> Int {
        items.indices.rank(of: target, by: { counts[$0] }) { isBought[$0] }
    }
}

extension Range<Int> {
    fileprivate func rank<Score: Comparable>(of target: Int, by score: (Int) -> Score, except isLeftOut: (Int) -> Bool) -> Int {
        let own = score(target)
        var rank = 0
        for item in self where !isLeftOut(item) {
            let other = score(item)
            if other > own || (other == own && item < target) { rank += 1 }
        }
        return rank
    }
}
