/// Random numbers that are the same on every machine and with every version of Swift: xoshiro256** (Blackman and Vigna, "Scrambled
/// linear pseudorandom number generators", 2021), its state filled by SplitMix64 as its authors advise. Integers only.
package struct ShopRandom: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// What numbers are for. Each use has its own sequence, so that more of one thing changes nothing of another.
    package enum Purpose: UInt64, Sendable {
        case popularity = 1
        case item
        case customer
        case review
    }

    /// - Parameters:
    ///   - index: of the item or customer.
    ///   - position: of a review, among its customer's.
    package init(seed: UInt64, _ purpose: Purpose, _ index: Int = 0, position: Int = 0) {
        var mixer = SplitMix64(state: seed)
        for part in [purpose.rawValue, UInt64(index), UInt64(position)] { mixer = SplitMix64(state: mixer.next() ^ part) }
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotated(state.3, 45)
        return result
    }

    /// Uniform in `0..<bound`, without bias: a draw from the incomplete last run of `bound` numbers is drawn again.
    /// - Parameter bound: above 0.
    package mutating func below(_ bound: UInt64) -> UInt64 {
        let limit = UInt64.max - UInt64.max % bound
        while true {
            let number = next()
            if number < limit { return number % bound }
        }
    }

    package mutating func below(_ bound: Int) -> Int { Int(below(UInt64(bound))) }

    /// True in so many cases of a hundred.
    package mutating func happens(percent: Int) -> Bool { below(100) < percent }

    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// In random order (Fisher and Yates).
    package mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for index in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(index, below(index + 1)) }
        return elements
    }

    private static func rotated(_ number: UInt64, _ count: UInt64) -> UInt64 { number << count | number >> (64 - count) }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014: any state is a good one, as xoshiro's is not.
package struct SplitMix64: Sendable {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
