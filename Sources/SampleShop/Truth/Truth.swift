/// What is known of a shop because it was planted: to be held against what a recommender finds.
package struct Truth: Sendable {
    package let interactionCount: Int
    /// Of the planted model itself, that knows every customer's hidden state and what they had bought before: nothing can do better.
    package let best: RankingScore
    /// Of the same for everybody: by purchases in training, which are all but each customer's last two.
    package let popularity: RankingScore
    private let shop: Shop

    /// - Parameter purchases: all of the shop, customer after customer.
    package init(of shop: Shop, purchases: [Purchase]) {
        self.shop = shop
        interactionCount = purchases.count
        let histories = purchases.chunked(by: \.user)
        var counts = Array(repeating: 0, count: shop.items.count)
        for history in histories { for purchase in history.dropLast(2) { counts[purchase.item] += 1 } }
        var best = RankingScore(), popularity = RankingScore()
        for history in histories {
            guard let last = history.last else { continue }
            var choices = shop.choices(of: shop.customer(last.user))
            for purchase in history.dropLast() { choices.note(purchase.item) }
            best.add(rank: choices.rank(of: last.item))
            popularity.add(rank: choices.rank(of: last.item, counts: counts))
        }
        self.best = best
        self.popularity = popularity
    }

    /// One JSON object, in pieces: a line for the figures, and one for each article and each customer.
    package func writeJSON<Failure: Error>(_ write: (String) throws(Failure) -> Void) throws(Failure) {
        try write(
            """
            {"users":\(shop.userCount),"items":\(shop.items.count),"seed":\(shop.seed),"interactions":\(interactionCount),
            "protocol":"leave one out: a user's last interaction among all items not had before; the last two are not in training",
            "best":\(best.json),
            "popularity":\(popularity.json),
            "item_attributes":{

            """)
        for item in shop.items {
            let facets = Facet.allCases.map { ",\"\($0)\":\"\($0.values[item.traits.value(of: $0)])\"" }.joined()
            let end = item.index == shop.items.count - 1 ? "},\n" : ",\n"
            try write("\"\(shop.itemID(item.index))\":{\"category\":\"\(Category.all[item.traits.category].name)\"\(facets)}\(end)")
        }
        try write("\"user_preferences\":{\n")
        for user in 0..<shop.userCount {
            let customer = shop.customer(user)
            let facets = customer.preferences.map { preference in
                let values = preference.facet.values
                return ",\"\(preference.facet)\":[\"\(values[preference.favorite])\",\"\(values[preference.second])\"]"
            }
            let families = customer.families.map { "\"\($0.name)\"" }.joined(separator: ",")
            let end = user == shop.userCount - 1 ? "}}\n" : ",\n"
            try write("\"\(shop.userID(user))\":{\"style\":\"\(customer.style)\",\"families\":[\(families)]\(facets.joined())}\(end)")
        }
    }
}

extension Array {
    /// Runs of elements that are alike in something.
    fileprivate func chunked<Key: Equatable>(by key: (Element) -> Key) -> [ArraySlice<Element>] {
        var runs: [ArraySlice<Element>] = [], start = 0
        for index in indices where index + 1 == count || key(self[index]) != key(self[index + 1]) {
            runs.append(self[start...index])
            start = index + 1
        }
        return runs
    }
}
