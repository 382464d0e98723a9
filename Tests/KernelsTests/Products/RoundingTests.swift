import Kernels
import Testing

/// The rounding of activations to 8 bits, number by number: products with weights of which one, or 16, or a minimum counts show what the
/// kernels have made of each block.
@Suite struct RoundingTests {
    /// 1 to 13 rows, panels and their remainders; 1 to 25 blocks, around the 8 or 16 that are rounded at a time.
    static let shapes = [(1, 1), (1, 17), (2, 8), (3, 25), (4, 16), (5, 7), (6, 2), (6, 24), (7, 9), (13, 18)]

    /// A block as the definition has it.
    private struct Block {
        var scale: Float = 0
        var values = [Int](repeating: 0, count: 32)
        var halfSums: [Int] { [values[..<16].reduce(0, +), values[16...].reduce(0, +)] }

        init(_ x: ArraySlice<Float>) {
            let peak = x.reduce(Float(0)) { $1.isNaN || $0.isNaN ? .nan : max($0, abs($1)) }
            guard peak.isFinite, peak >= 0x1p-119 else {
                scale = peak.isFinite ? 0 : peak
                return
            }
            scale = peak / 127
            values = x.map { Int(($0 * (127 / peak)).rounded(.toNearestOrEven)) }
        }
    }

    /// Blocks of all sizes, two of zeros, vanishing and halfway numbers; `strange` adds those that are no numbers.
    private func activations(_ rows: Int, _ blocks: Int, strange: Bool) -> Matrix {
        var a = Matrix.random(rows, 32 * blocks, seed: UInt64(rows * blocks))
        for row in 0..<rows {
            for block in 0..<blocks {
                let kind = (row * blocks + block) % 11
                for i in 32 * block..<32 * block + 32 {
                    switch kind {
                    case 0: a[row, i] = 0
                    case 1: a[row, i] *= 0x1p-120
                    case 2: a[row, i] *= 0x1p-118
                    case 3: a[row, i] = Float(i % 255 - 127) / 2
                    case 4: a[row, i] *= 0x1p110
                    case 5 where strange && i % 32 == 9: a[row, i] = .nan
                    case 6 where strange && i % 32 == 31: a[row, i] = -.infinity
                    default: a[row, i] *= Float(kind)
                    }
                }
            }
        }
        return a
    }

    private func product(_ set: InstructionSet, _ a: Matrix, _ weights: [UInt8], _ type: TensorType, rows: Int) -> Matrix {
        let kernels = SupportedSets.kernels(set), workspace = Workspace()
        let packed = weights.withUnsafeBytes { QuantizedWeights($0, type: type, rows: rows, columns: a.columns, kernels: kernels) }
        var c = Matrix(a.count, rows)
        workspace.scope {
            a.read { a in
                let rounded = kernels.round(a, workspace: workspace)
                c.write { kernels.multiply(rounded, packed, into: $0, workspace: workspace) }
            }
        }
        return c
    }

    @Test("Values and scales are the definition's, to the last bit", arguments: SupportedSets.all)
    func values(_ set: InstructionSet) {
        for (rows, blocks) in Self.shapes {
            let a = activations(rows, blocks, strange: false), k = 32 * blocks
            // Row n of the weights has a 1 at n, and nothing else.
            var weights: [UInt8] = []
            for n in 0..<k {
                for block in 0..<blocks {
                    weights += [0x00, 0x3C]
                    for i in 0..<32 { weights.append(32 * block + i == n ? 1 : 0) }
                }
            }
            let c = product(set, a, weights, .q8_0, rows: k)
            var wrong = 0
            for row in 0..<rows {
                for block in 0..<blocks {
                    let expected = Block(a.row(row).values[32 * block..<32 * block + 32])
                    for i in 0..<32 where c[row, 32 * block + i] != Float(expected.values[i]) * expected.scale { wrong += 1 }
                }
            }
            #expect(wrong == 0, "[\(rows), \(k)]")
        }
    }

    @Test("The sums of a block and of its halves are those of its values", arguments: SupportedSets.all)
    func sums(_ set: InstructionSet) {
        for (rows, blocks) in Self.shapes where blocks % 8 == 0 {
            let a = activations(rows, blocks, strange: false)
            // Row n has a minimum of 1 in block n, and no scales.
            var minima: [UInt8] = [], sixteens: [UInt8] = []
            for n in 0..<blocks {
                for block in 0..<blocks { minima += [0, 0, 0, block == n ? 0x3C : 0] + [UInt8](repeating: 0x55, count: 16) }
            }
            // Row n has ones in the 16 weights from 16 n on: 33 there and 32, which stands for 0, elsewhere.
            for n in 0..<2 * blocks {
                for block in 0..<blocks / 8 { sixteens += Self.sixteenOnes(n - 16 * block) }
            }
            let whole = product(set, a, minima, .q4_1, rows: blocks), halves = product(set, a, sixteens, .q6_K, rows: 2 * blocks)
            for row in 0..<rows {
                for block in 0..<blocks {
                    let expected = Block(a.row(row).values[32 * block..<32 * block + 32]), sums = expected.halfSums
                    #expect(whole[row, block] == Float(sums[0] + sums[1]) * expected.scale, "block \(block) of row \(row)")
                    for half in 0..<2 {
                        #expect(halves[row, 2 * block + half] == Float(sums[half]) * expected.scale, "half \(half) of block \(block)")
                    }
                }
            }
        }
    }

    /// 256 weights of Q6_K of which 16 number `index` are 1 and the others 0; all 0 where there is no such 16.
    private static func sixteenOnes(_ index: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 210)
        for i in 128..<192 { block[i] = 0b10_10_10_10 }
        for i in 192..<208 { block[i] = 1 }
        (block[208], block[209]) = (0x00, 0x3C)
        guard (0..<16).contains(index) else { return block }
        for i in 16 * index..<16 * index + 16 {
            // 128 weights take 64 bytes: four quarters of 32, whose low four bits are in the low and high halves of two times 32 bytes.
            let quarter = i % 128 / 32, at = i / 128 * 64 + quarter % 2 * 32 + i % 32
            block[at] |= quarter < 2 ? 0x01 : 0x10
        }
        return block
    }

    @Test("A block that is not all numbers makes its row none, and leaves the others as they are", arguments: SupportedSets.all)
    func strangeBlocks(_ set: InstructionSet) {
        for (rows, blocks) in Self.shapes {
            let a = activations(rows, blocks, strange: true), plain = activations(rows, blocks, strange: false)
            let ones = [[UInt8]](repeating: [0x00, 0x3C] + [UInt8](repeating: 1, count: 32), count: blocks).flatMap(\.self)
            let c = product(set, a, ones, .q8_0, rows: 1), expected = product(set, plain, ones, .q8_0, rows: 1)
            for row in 0..<rows {
                if a.row(row).values.allSatisfy(\.isFinite) {
                    #expect(c[row, 0] == expected[row, 0], "row \(row) of [\(rows), \(32 * blocks)]")
                } else {
                    #expect(!c[row, 0].isFinite, "row \(row) of [\(rows), \(32 * blocks)]")
                }
            }
        }
    }
}
