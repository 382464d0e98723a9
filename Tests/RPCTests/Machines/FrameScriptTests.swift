import FrameScripts
import Testing

@Suite struct FrameScriptTests {
    /// Conversations of 16 random messages, and each again with a few bytes changed; the rules are checked by `FrameScript` itself.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `A quarter of a million messages in any order break no rule of the state machines`(part: UInt64) {
        var random = SplitMix64(state: part)
        var played = 0
        while played < 250_000 {
            var script = (0..<16 * 9).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // Else hardly one in sixteen conversations would begin with HELLO.
            script[0] = 1
            played += script.withUnsafeBytes { FrameScript.play($0) }
            for _ in 0..<4 { script[9 + Int(random.next() % 135)] = UInt8(truncatingIfNeeded: random.next()) }
            played += script.withUnsafeBytes { FrameScript.play($0) }
        }
        #expect(played >= 250_000)
    }
}

/// Steele, Lea and Flood's SplitMix64.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
