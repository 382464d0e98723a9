package import Wire

/// Writes what customers say of what they bought: of the attributes that they care about whether those are as they want them, of the
/// article's others that it has them, and of other things.
package struct ReviewWriter: Sendable {
    private let shop: Shop

    package init(_ shop: Shop) { self.shop = shop }

    /// The same each time for the same purchase.
    package func review(of purchase: Purchase, by customer: Customer) -> Review {
        var random = ShopRandom(seed: shop.seed, .review, purchase.user, position: purchase.position)
        let traits = shop.items[purchase.item].traits
        let rating = Self.rating(customer.match(traits), &random)
        var draft = Draft(traits, customer, rating: rating)
        let text = draft.text(&random)
        let summary = random.pick(ReviewPhrases.summaries[rating]).sentence(Phrase.Context(Category.all[traits.category]), &random)
        return Review(
            reviewID: "\(shop.userID(purchase.user))-\(purchase.position + 1)", userID: shop.userID(purchase.user),
            itemID: shop.itemID(purchase.item), text: text, summary: summary, rating: Double(rating), timestampMs: purchase.timestampMs)
    }

    /// One to five, by how well the article suits; people being what they are, sometimes one more or less.
    static func rating(_ match: Int, _ random: inout ShopRandom) -> Int {
        let fair = [2, 3, 4, 4, 5][match]
        let mood = random.below(100)
        return min(5, max(1, fair + (mood < 12 ? -1 : mood < 24 ? 1 : 0)))
    }
}

/// A review that is being written.
private struct Draft {
    /// How long it gets, and whether something is odd about it.
    private enum Form {
        case usual(words: Int)
        case short
        case empty
        /// As shops export text that was HTML once.
        case entities(words: Int)
        case emoji(words: Int)

        init(_ random: inout ShopRandom) {
            switch random.below(100) {
            case ..<2: self = .empty
            case ..<4: self = .entities(words: 40 + random.below(60))
            case ..<7: self = .emoji(words: 30 + random.below(50))
            case ..<17: self = .short
            case ..<25: self = .usual(words: 130 + random.below(130))
            default: self = .usual(words: 40 + random.below(70))
            }
        }
    }

    private let traits: ItemTraits
    private let customer: Customer
    private let rating: Int
    private var context: Phrase.Context
    private var bytes: [UInt8] = []
    private var wordCount = 0

    init(_ traits: ItemTraits, _ customer: Customer, rating: Int) {
        self.traits = traits
        self.customer = customer
        self.rating = rating
        context = Phrase.Context(Category.all[traits.category])
    }

    mutating func text(_ random: inout ShopRandom) -> String {
        switch Form(&random) {
        case .empty: return ""
        case .short:
            context[.value] = value(random.pick(Facet.allCases))
            add(random.pick(ReviewPhrases.shorts), &random)
        case .usual(let words): write(words, &random)
        case .entities(let words):
            write(words, &random)
            return String(decoding: bytes, as: UTF8.self).asExported(
                random.pick(["&amp;", "&#34;nice&#34;", "&lt;3", "&quot;must have&quot;"]))
        case .emoji(let words):
            write(words, &random)
            let signs = rating > 3 ? [" 👍", " 🏕️ 😍", " ⭐⭐⭐⭐⭐", " 🥾❤️"] : [" 😕", " 👎", " 🤷‍♀️", " 🌧️ 😬"]
            bytes += Array(random.pick(signs).utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An opening, what there is to say of the article, as many asides as it takes to so many words, and a conclusion.
    private mutating func write(_ words: Int, _ random: inout ShopRandom) {
        add(random.pick(ReviewPhrases.openings), &random)
        var asides = random.shuffled(Array(ReviewPhrases.asides.indices))[...]
        // Of what matters to them, always; of the rest, mostly.
        let cared = customer.preferences.map(\.facet)
        let told = random.shuffled(Facet.allCases).filter { cared.contains($0) || random.happens(percent: 60) }
        for facet in told {
            tell(facet, &random)
            if random.happens(percent: 35), let aside = asides.popFirst() { add(ReviewPhrases.asides[aside], &random) }
        }
        while wordCount < words, let aside = asides.popFirst() { add(ReviewPhrases.asides[aside], &random) }
        add(random.pick(ReviewPhrases.closings[rating]), &random)
    }

    private mutating func tell(_ facet: Facet, _ random: inout ShopRandom) {
        context[.value] = value(facet)
        guard let preference = customer.preferences.first(where: { $0.facet == facet }) else {
            return add(random.pick(ReviewPhrases.mentions[facet.rawValue]), &random)
        }
        context[.wish] = facet.values[preference.favorite]
        switch preference.match(traits) {
        case 2: add(random.pick(ReviewPhrases.praises[facet.rawValue]), &random)
        case 1:
            add(
                random.pick(random.happens(percent: 70) ? ReviewPhrases.praises[facet.rawValue] : ReviewPhrases.regrets[facet.rawValue]),
                &random)
        default: add(random.pick(ReviewPhrases.regrets[facet.rawValue]), &random)
        }
    }

    private mutating func add(_ phrase: Phrase, _ random: inout ShopRandom) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
        let start = bytes.count
        phrase.write(context, &random, to: &bytes)
        wordCount += 1 + bytes[start...].count { $0 == UInt8(ascii: " ") }
    }

    private func value(_ facet: Facet) -> String { facet.values[traits.value(of: facet)] }
}

extension String {
    /// With an entity or two, as a shop's export has them.
    fileprivate func asExported(_ entity: String) -> String {
        guard let end = firstIndex(of: ".") else { return self + " " + entity }
        return self[..<end] + " " + entity + self[end...] + "&lt;br /&gt;"
    }
}
