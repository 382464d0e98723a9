/// Random numbers of a place: the same for the same seed and the same numbers that name it, whatever was drawn elsewhere. So a training that
/// goes on draws what it would have drawn.
///
/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
package struct StreamRandom: RandomNumberGenerator {
    private var state: UInt64

    /// - Parameter place: such as the kind of draw and the epoch.
    package init(seed: UInt64, _ place: UInt64...) {
        state = Self.scrambled(seed &+ Self.step)
        for number in place { state = Self.scrambled(state ^ Self.scrambled(number &+ Self.step)) }
    }

    package mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.scrambled(state)
    }

    /// 0 ..< count.
    package mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

    /// In 0 ..< 1.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

    private static func scrambled(_ x: UInt64) -> UInt64 {
        var z = x
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// What draws are for: each has numbers of its own.
enum DrawPlace {
    static let sequences: UInt64 = 1
    static let texts: UInt64 = 2
    static let prompts: UInt64 = 3
    static let interactions: UInt64 = 4
    static let rationales: UInt64 = 5
}

/// A number that an id has wherever and whenever it comes: FNV-1a of its bytes, scrambled. Orders that must not show the order of coming go by it.
enum IDDigest {
    static func of(_ id: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var random = StreamRandom(seed: hash)
        return random.next()
    }

    /// By digest; ids of one digest by their bytes.
    static func precedes(_ one: String, _ other: String) -> Bool {
        let (a, b) = (of(one), of(other))
        return a != b ? a < b : one.utf8.lexicographicallyPrecedes(other.utf8)
    }
}
