import SampleShop
import Testing
import Wire

/// What the reviews of a shop say, and how it is said.
struct ReviewTests {
    private static let shop = Shop(users: 150, items: 90, seed: 5)
    private static let customers = (0..<shop.userCount).map(shop.customer)
    private static let all: [(Review, Customer, ShopItem)] = {
        let writer = ReviewWriter(shop)
        return customers.flatMap { customer in
            shop.purchases(of: customer).map { (writer.review(of: $0, by: customer), customer, shop.items[$0.item]) }
        }
    }()

    @Test func `Reviews tell what the customer cares about`() {
        var told = 0, long = 0
        for (review, customer, item) in Self.all where review.text.utf8.count > 200 {
            long += 1
            let text = review.text.lowercased()
            let isTold = customer.preferences.allSatisfy { preference in
                let values = preference.facet.values
                // What the article has where it suits, and else what they would rather have had.
                return text.contains(values[item.traits.value(of: preference.facet)]) || text.contains(values[preference.favorite])
            }
            if isTold { told += 1 }
        }
        #expect(long > Self.all.count / 2 && told == long)
    }

    @Test func `Stars go with the match`() {
        func mean(_ match: Int) -> Double {
            let ratings = Self.all.filter { $0.1.match($0.2.traits) == match }.map(\.0.rating)
            return ratings.reduce(0, +) / Double(ratings.count)
        }
        #expect(mean(0) < 2.5 && mean(4) > 4.6 && mean(2) > mean(1) && mean(1) > mean(0))
        #expect(Self.all.allSatisfy { (1...5).contains($0.0.rating) })
    }

    @Test func `Most are of 40 to 120 words; some are short, long, empty, or odd`() {
        let words = Self.all.map { $0.0.text.split(separator: " ").count }, count = Double(words.count)
        #expect(Double(words.count { (40...125).contains($0) }) > 0.7 * count)
        #expect(words.contains(0) && words.contains { (1...8).contains($0) } && words.contains { $0 > 125 })
        #expect(Self.all.contains { $0.0.text.contains("&amp;") } && Self.all.contains { $0.0.text.contains("👍") })
        #expect(Self.all.allSatisfy { !$0.0.summary.isEmpty })
    }

    @Test func `Texts differ`() {
        let texts = Self.all.map(\.0.text).filter { $0.utf8.count > 200 }
        #expect(Set(texts).count == texts.count)
        var distinct: Set<String> = [], all = 0
        for text in texts {
            let words = text.lowercased().split(separator: " ")
            for start in 0..<max(0, words.count - 3) {
                distinct.insert(words[start..<start + 4].joined(separator: " "))
                all += 1
            }
        }
        #expect(Double(distinct.count) > 0.1 * Double(all), "\(distinct.count) of \(all) runs of four words")
    }

    @Test func `Sentences are whole`() {
        for (review, _, _) in Self.all {
            #expect(!review.text.contains { "{}|<>".contains($0) } && !review.text.contains("  "), "\(review.text)")
            #expect(!review.text.contains(" .") && !review.text.contains(" ,"), "\(review.text)")
        }
    }
}
