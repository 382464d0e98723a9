internal import Glibc

extension T5Parameters {
    /// Numbers to begin a training from scratch with, as `transformers` has them: norms 1, all else normal with the deviations of
    /// `T5PreTrainedModel._init_weights`; soft prompts uniform in ±0.1 and whole-word rows N(0, 1), as RDRec has them. The same for the
    /// same seed.
    package func initialize(seed: UInt64) {
        for entry in layout.entries { initialize(entry.name, seed: seed) }
    }

    /// The same for one parameter; its numbers depend on the seed and its place in the model alone.
    package func initialize(_ name: String, seed: UInt64) {
        guard let place = layout.entries.firstIndex(where: { $0.name == name }), let values = self[name] else {
            preconditionFailure("a T5 of this configuration has no parameter '\(name)'")
        }
        var random = SplitMix64(seed: SplitMix64.mixed(seed, UInt64(place)))
        if name == T5Layout.promptsName {
            for i in values.indices { values[i] = random.uniform() * 0.2 - 0.1 }
        } else if name.hasSuffix("norm.weight") {
            values.update(repeating: 1)
        } else {
            let deviation = Self.deviation(name, configuration)
            for i in values.indices { values[i] = random.normal() * deviation }
        }
    }

    /// Draws rows of a parameter anew, normal with the deviation.
    package func initialize(_ name: String, rows: Range<Int>, deviation: Float, seed: UInt64) {
        guard let place = layout.entries.firstIndex(where: { $0.name == name }), let values = self[name] else {
            preconditionFailure("a T5 of this configuration has no parameter '\(name)'")
        }
        var random = SplitMix64(seed: SplitMix64.mixed(seed, UInt64(place)))
        for i in rows.lowerBound * configuration.width..<rows.upperBound * configuration.width { values[i] = random.normal() * deviation }
    }

    /// Makes what layers add to their input smaller or larger at the beginning: the weights of attention's and feed-forward's outputs.
    package func scaleLayerOutputs(by factor: Float) {
        for entry in layout.entries where entry.name.hasSuffix(".o.weight") || entry.name.hasSuffix(".wo.weight") {
            for i in entry.range { base[i] *= factor }
        }
    }

    private static func deviation(_ name: String, _ c: T5Configuration) -> Float {
        let width = Float(c.width), kind = name.split(separator: ".").dropLast().last.map(String.init) ?? ""
        switch kind {
        case "q": return 1 / (width * Float(c.headWidth)).squareRoot()
        case "k", "v", "wi", "wi_0", "wi_1", "relative_attention_bias": return 1 / width.squareRoot()
        case "o": return 1 / Float(c.innerWidth).squareRoot()
        case "wo": return 1 / Float(c.feedForward).squareRoot()
        default: return 1
        }
    }
}

/// A small generator with 64 bits of state (Steele, Lea and Flood, OOPSLA 2014), for initial weights.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.scrambled(state)
    }

    /// A number for two, of which equal pairs alone give equal ones for all that matters here.
    static func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
        scrambled(scrambled(a &+ 0x9e37_79b9_7f4a_7c15) ^ (b &+ 0xd1b5_4a32_d192_ed03))
    }

    private static func scrambled(_ x: UInt64) -> UInt64 {
        var z = x
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// In 0 ..< 1.
    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// N(0, 1), after Box and Muller (1958).
    mutating func normal() -> Float {
        let radius = (-2 * log(Double(next() >> 11 | 1) * 0x1p-53)).squareRoot()
        return Float(radius * cos(2 * .pi * Double(next() >> 11) * 0x1p-53))
    }
}
