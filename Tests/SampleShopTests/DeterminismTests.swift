import SampleShop
import Testing
import Wire

/// The same numbers make the same shop, to the last byte, on every machine.
struct DeterminismTests {
    /// Everything that there is of a shop, in 64 bits (FNV-1a).
    private func digest(_ shop: Shop) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func take(_ text: String) { for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        let writer = ReviewWriter(shop)
        var purchases: [Purchase] = []
        for item in shop.items { take("\(shop.itemID(item.index))\(item.title)\(item.description)\(item.traits.category)") }
        for customer in (0..<shop.userCount).map(shop.customer) {
            for purchase in shop.purchases(of: customer) {
                let review = writer.review(of: purchase, by: customer)
                take("\(review.reviewID)\(review.itemID)\(review.text)\(review.summary)\(Int(review.rating))\(review.timestampMs)")
                purchases.append(purchase)
            }
        }
        Truth(of: shop, purchases: purchases).writeJSON { take($0) }
        return hash
    }

    @Test func `A small shop is what it always was`() {
        #expect(digest(Shop(users: 30, items: 60, seed: 3)) == 17_975_240_368_853_049_405)
    }

    @Test func `Another seed makes another shop`() {
        #expect(digest(Shop(users: 5, items: 60, seed: 1)) != digest(Shop(users: 5, items: 60, seed: 2)))
    }

    @Test func `More customers change nothing of those before, nor of the articles`() {
        let (small, large) = (Shop(users: 3, items: 60, seed: 9), Shop(users: 9, items: 60, seed: 9))
        for index in 0..<3 { #expect(small.purchases(of: small.customer(index)) == large.purchases(of: large.customer(index))) }
        #expect(small.items.map(\.title) == large.items.map(\.title))
    }

    /// The first numbers of the reference implementation in C (prng.di.unimi.it, splitmix64.c) for the state 1234567.
    @Test func `SplitMix64 is SplitMix64`() {
        var mixer = SplitMix64(state: 1_234_567)
        let numbers = (0..<5).map { _ in mixer.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ])
    }

    @Test func `Numbers below a bound are all alike`() {
        var random = ShopRandom(seed: 1, .item), counts = Array(repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.below(7)] += 1 }
        #expect(counts.allSatisfy { (9_600...10_400).contains($0) }, "\(counts)")
        #expect(random.shuffled(Array(0..<50)).sorted() == Array(0..<50))
    }

    @Test func `Names have as many digits as the last one needs`() {
        let shop = Shop(users: 100, items: 60, seed: 1)
        #expect(shop.userID(0) == "u001" && shop.userID(99) == "u100" && shop.itemID(8) == "i09")
    }
}
