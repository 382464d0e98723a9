import Wire

/// A message type of which the tests can make random values; conformances are generated.
protocol Randomised: WireMessage {
    static func random(_ random: inout SeededRandom) -> Self
}

/// SplitMix64: the same seed gives the same values on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func bool() -> Bool { next() & 1 == 0 }

    /// Small, large, extreme and zero numbers all come up often.
    mutating func integer<Value: FixedWidthInteger>() -> Value {
        switch below(6) {
        case 0: 0
        case 1: .min
        case 2: .max
        case 3: Value(truncatingIfNeeded: below(256)) &- 128
        default: Value(truncatingIfNeeded: next() >> UInt64(below(64)))
        }
    }

    /// No NaN, which is not equal to itself; it has a test of its own.
    mutating func real<Value: BinaryFloatingPoint>() -> Value {
        switch below(5) {
        case 0: 0
        case 1: .infinity
        case 2: -.greatestFiniteMagnitude
        case 3: .leastNonzeroMagnitude
        default: Value(Int64(truncatingIfNeeded: next())) / 1024
        }
    }

    mutating func enumeration<Value: WireEnum>() -> Value {
        bool() ? Value.known[below(Value.known.count)] : Value(rawValue: integer())
    }

    mutating func bytes() -> [UInt8] { array { UInt8(truncatingIfNeeded: $0.next()) } }

    /// Characters of one to four bytes, none of them NUL.
    mutating func text() -> String {
        let ranges: [ClosedRange<UInt32>] = [0x01...0x7f, 0x80...0x7ff, 0x800...0xd7ff, 0xe000...0xffff, 0x10000...0x10ffff]
        var text = String.UnicodeScalarView()
        for _ in 0..<(bool() ? 0 : below(24)) {
            let range = ranges[below(bool() ? 1 : ranges.count)]
            text.append(Unicode.Scalar(range.lowerBound + UInt32(below(range.count)))!)
        }
        return String(text)
    }

    /// Up to seven elements, often none.
    mutating func array<Element>(_ element: (inout SeededRandom) -> Element) -> [Element] {
        (0..<(bool() ? 0 : below(8))).map { _ in element(&self) }
    }
}
