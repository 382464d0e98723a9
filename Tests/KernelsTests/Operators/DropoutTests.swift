import Kernels
import Testing

@Suite struct DropoutTests {
    /// Words of block `block`, in the order of elements: word w of counter l is element 16 w + l.
    private func words(_ set: InstructionSet, seed: UInt64, stream: UInt64, block: UInt64) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: 64)
        words.withUnsafeMutableBufferPointer { SupportedSets.kernels(set).randomWords(seed: seed, stream: stream, block: block, into: $0) }
        return words
    }

    /// The known answers of the generator's authors: counter and key to four words.
    @Test("The generator is Philox4x32-10", arguments: SupportedSets.all)
    func knownAnswers(_ set: InstructionSet) {
        let zeros = words(set, seed: 0, stream: 0, block: 0)
        #expect([zeros[0], zeros[16], zeros[32], zeros[48]] == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
        // The last counter of all: lane 15 of the last block.
        let ones = words(set, seed: .max, stream: .max, block: .max >> 4)
        #expect([ones[15], ones[31], ones[47], ones[63]] == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
        // Digits of pi: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0.
        let counter: UInt64 = 0x85A3_08D3_243F_6A88
        let pi = words(set, seed: 0x299F_31D0_A409_3822, stream: 0x0370_7344_1319_8A2E, block: counter >> 4)
        let lane = Int(counter & 15)
        #expect([pi[lane], pi[lane + 16], pi[lane + 32], pi[lane + 48]] == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
    }

    @Test("Dropout keeps its share, scales it, and draws the same mask again", arguments: SupportedSets.all)
    func mask(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for rate: Float in [0, 0.1, 0.5, 0.9] {
            let x = Matrix(100, 317, filledWith: 2)
            let dropout = Dropout(rate: rate, seed: 42, stream: 1)
            let y = map(x) { kernels.dropout(dropout, $0, into: $1) }
            let kept = y.values.filter { $0 != 0 }
            #expect(kept.allSatisfy { abs($0 - 2 / (1 - rate)) < 1e-5 })
            // Four standard deviations of 31,700 draws.
            let deviation = (Double(rate * (1 - rate)) / 31_700).squareRoot()
            #expect(abs(1 - Double(kept.count) / 31_700 - Double(rate)) <= 4 * deviation)
            #expect(map(x) { kernels.dropout(dropout, $0, into: $1) }.bits == y.bits)
            guard rate > 0 else { continue }
            #expect(map(x) { kernels.dropout(Dropout(rate: rate, seed: 42, stream: 2), $0, into: $1) }.bits != y.bits)
            #expect(map(x) { kernels.dropout(Dropout(rate: rate, seed: 43, stream: 1), $0, into: $1) }.bits != y.bits)
        }
    }

    @Test("A dropped NaN is a zero, a kept one stays", arguments: SupportedSets.all)
    func notANumber(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set), dropout = Dropout(rate: 0.5, seed: 1, stream: 1)
        let ones = map(Matrix(3, 70, filledWith: 1)) { kernels.dropout(dropout, $0, into: $1) }
        let strange = map(Matrix(3, 70, filledWith: .nan)) { kernels.dropout(dropout, $0, into: $1) }
        #expect(zip(ones.values, strange.values).allSatisfy { $0 == 0 ? $1 == 0 : $1.isNaN })
    }
}
