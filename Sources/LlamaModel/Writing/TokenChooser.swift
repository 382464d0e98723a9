internal import Glibc

/// Draws a token from a row of logits as a request's ``Sampling`` says. The draw for a token depends on the seed, the part and the token's
/// number in it alone, so that a text is the same however its tokens were computed.
///
/// Of a vocabulary of 50,000 only the likely tokens are sorted, a few hundred as a rule: the engine's thread does this for every text.
package struct TokenChooser {
    /// How far below the best logit the tokens are that are looked at, in temperatures: the next width where the last was too narrow. A
    /// token further away than the last has less than e^-30 of the best one's probability, and is never drawn.
    private static let widths: [Double] = [2, 4, 8, 16, 30]

    private let sampling: Sampling

    package init(_ sampling: Sampling) { self.sampling = sampling }

    /// - Parameters:
    ///   - logits: The row; what has been refused is minus infinity in it.
    ///   - part: The part that is being written; `index` the token's number in it.
    /// - Returns: nil where no logit is a number above minus infinity.
    package func choose(_ logits: UnsafeMutableBufferPointer<Float>, part: Int, index: Int) -> Int32? {
        var most = -Float.infinity
        for logit in logits where logit > most { most = logit }
        guard most > -.infinity, most < .infinity else { return nil }
        let point = Self.uniform(seed: sampling.seed, part: part, index: index)
        let isCutByMass = sampling.topP > 0 && sampling.topP < 1
        if sampling.topK > 0 {
            let best = likeliest(logits, most) { $0.count >= sampling.topK }
            let kept = Array(best.prefix(sampling.topK)), weights = kept.map { weight(logits[Int($0)], most) }
            let all = weights.reduce(0, +)
            return draw(kept, weights, point, mass: isCutByMass ? sampling.topP * all : all)
        }
        var all = 0.0
        for logit in logits { all += weight(logit, most) }
        if isCutByMass {
            let mass = sampling.topP * all
            let best = likeliest(logits, most) { $0.reduce(0) { $0 + weight(logits[Int($1)], most) } >= mass }
            return draw(best, best.map { weight(logits[Int($0)], most) }, point, mass: mass)
        }
        // All tokens, in the order of their numbers: no sorting for nothing.
        var left = point * all, last: Int32?
        for (token, logit) in logits.enumerated() {
            let weight = weight(logit, most)
            guard weight > 0 else { continue }
            left -= weight
            last = Int32(token)
            if left < 0 { break }
        }
        return last
    }

    /// A token's probability over that of the best one.
    private func weight(_ logit: Float, _ most: Float) -> Double {
        let distance = (Double(logit) - Double(most)) / sampling.temperature
        return distance >= -(Self.widths.last ?? 0) ? exp(distance) : 0
    }

    /// The most likely tokens, in order and of equals the lowest number first, as far down as it takes until they are enough.
    private func likeliest(_ logits: UnsafeMutableBufferPointer<Float>, _ most: Float, _ areEnough: ([Int32]) -> Bool) -> [Int32] {
        var tokens: [Int32] = []
        for width in Self.widths {
            let least = Double(most) - width * sampling.temperature
            tokens.removeAll(keepingCapacity: true)
            for (token, logit) in logits.enumerated() where Double(logit) >= least && logit > -.infinity { tokens.append(Int32(token)) }
            if areEnough(tokens) { break }
        }
        // As one number: the logit's bits in the order of the numbers they stand for, and the token's number, reversed.
        let keys = tokens.map { UInt64(Self.ordered(logits[Int($0)])) << 32 | UInt64(UInt32.max - UInt32($0)) }
        return keys.sorted(by: >).map { Int32(UInt32.max - UInt32(truncatingIfNeeded: $0)) }
    }

    private static func ordered(_ value: Float) -> UInt32 {
        // -0 is 0.
        let bits = (value + 0).bitPattern
        return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
    }

    /// One of the tokens that together have the mass, in their order: at least the first.
    private func draw(_ tokens: [Int32], _ weights: [Double], _ point: Double, mass: Double) -> Int32? {
        var count = 0, sum = 0.0
        while count < tokens.count, count == 0 || sum < mass {
            sum += weights[count]
            count += 1
        }
        var left = point * sum
        for place in 0..<count {
            left -= weights[place]
            if left < 0 { return tokens[place] }
        }
        return count > 0 ? tokens[count - 1] : nil
    }

    /// A number from 0 to 1, without 1: SplitMix64 (Steele et al., 2014) of a counter made of the draw's place.
    private static func uniform(seed: UInt64, part: Int, index: Int) -> Double {
        var z = seed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64(part) << 32 &+ UInt64(index) &+ 1)
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Double(z >> 11) * 0x1p-53
    }
}
