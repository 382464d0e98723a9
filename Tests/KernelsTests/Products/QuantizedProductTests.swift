import Kernels
import Testing

/// Quantised weights of a type and shape, made of random blocks with sane scales, and what they stand for.
struct QuantizedCase: CustomTestStringConvertible, Sendable {
    let set: InstructionSet
    let type: TensorType
    let m: Int, n: Int, blocks: Int

    var k: Int { blocks * type.blockWeights }
    var testDescription: String { "\(set.rawValue) \(type) \(m)x\(n)x\(k)" }

    static let types = TensorType.allCases.filter { $0.blockWeights > 1 }
    /// Around panels of 4, 6, 16 and 32, and (19 blocks of 32) past a pass of k of 512.
    static let shapes = [
        (0, 3, 1), (2, 0, 1), (3, 2, 0), (1, 1, 1), (1, 67, 3), (5, 16, 2), (6, 33, 1), (7, 31, 19), (13, 32, 4), (101, 5, 2),
    ]
    static let all = SupportedSets.all.flatMap { set in
        types.flatMap { type in shapes.map { QuantizedCase(set: set, type: type, m: $0.0, n: $0.1, blocks: $0.2) } }
    }

    /// Random blocks; the half-precision fields are small normal numbers.
    var weights: [UInt8] {
        var generator = Generator(seed: UInt64(type.rawValue) + 77)
        var bytes = (0..<n * blocks * type.blockByteCount).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 33) }
        let fields: [Int] =
            switch type {
            case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
            case .q6_K: [208]
            default: [0]
            }
        for block in stride(from: 0, to: bytes.count, by: max(type.blockByteCount, 1)) {
            for field in fields {
                let half = Float16(abs(generator.float()) * 0.05 + 0.001).bitPattern
                bytes[block + field] = UInt8(half & 0xFF)
                bytes[block + field + 1] = UInt8(half >> 8)
            }
        }
        return bytes
    }

    /// The weights as numbers.
    var weightMatrix: Matrix {
        var matrix = Matrix(n, k)
        weights.withUnsafeBytes { blocks in matrix.values.withUnsafeMutableBufferPointer { type.dequantize(blocks, into: $0) } }
        return matrix
    }

    func multiply(_ a: Matrix, into c: inout Matrix, accumulate: Bool = false, kernels: Kernels? = nil) {
        let kernels = kernels ?? SupportedSets.kernels(set)
        let packed = weights.withUnsafeBytes { QuantizedWeights($0, type: type, rows: n, columns: k, kernels: kernels) }
        let workspace = Workspace()
        workspace.scope {
            a.read { a in
                let rounded = kernels.round(a, workspace: workspace)
                c.write { kernels.multiply(rounded, packed, into: $0, accumulate: accumulate, workspace: workspace) }
            }
        }
    }

    /// Integers between -127 and 127, of which each block has a 127: they are their own rounding, with scale 1.
    var exactActivations: Matrix {
        var a = Matrix(m, k)
        var generator = Generator(seed: 5)
        for i in a.values.indices { a.values[i] = i % 32 == 7 ? 127 : Float(Int(generator.next() % 255) - 127) }
        return a
    }
}

@Suite struct QuantizedProductTests {
    @Test("With activations that need no rounding the product is that of the dequantised weights", arguments: QuantizedCase.all)
    func agreesWithDequantisedWeights(_ test: QuantizedCase) {
        let a = test.exactActivations
        let w = test.weightMatrix
        for accumulate in [false, true] {
            let before = Matrix.random(test.m, test.n, seed: 8)
            var c = before
            test.multiply(a, into: &c, accumulate: accumulate)
            var expected: [Double] = []
            for i in 0..<test.m {
                for j in 0..<test.n {
                    var sum = accumulate ? Double(before[i, j]) : 0
                    for k in 0..<test.k { sum += Double(a.values[i * test.k + k]) * Double(w.values[j * test.k + k]) }
                    expected.append(sum)
                }
            }
            // Groups are scaled and added in float32; what is exact has its own test below.
            #expect(normalisedMeanSquareError(c.values, expected) < 1e-11)
        }
    }

    @Test(
        "Before scaling the sums are exact: with scales of a power of two the result is an integer to the last bit",
        arguments: SupportedSets.all)
    func sumsAreExact(_ set: InstructionSet) {
        // Q8_0 at its extremes: weights of -128 and 127 against activations of -127 and 127, scale 1.
        let k = 64, n = 37, m = 9
        var generator = Generator(seed: 3)
        var bytes: [UInt8] = []
        for _ in 0..<n * k / 32 {
            bytes += [0x00, 0x3C]
            for _ in 0..<32 { bytes.append([0x80, 0x7F, 0x81, 0x00][Int(generator.next() % 4)]) }
        }
        var a = Matrix(m, k)
        for i in a.values.indices { a.values[i] = i % 32 == 0 ? 127 : [-127, 127, 1][Int(generator.next() % 3)] }
        let kernels = SupportedSets.kernels(set)
        let weights = bytes.withUnsafeBytes { QuantizedWeights($0, type: .q8_0, rows: n, columns: k, kernels: kernels) }
        var c = Matrix(m, n)
        let workspace = Workspace()
        workspace.scope {
            a.read { a in
                let rounded = kernels.round(a, workspace: workspace)
                c.write { kernels.multiply(rounded, weights, into: $0, workspace: workspace) }
            }
        }
        var expected = Matrix(m, n)
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0
                for x in 0..<k { sum += Int(a[i, x]) * Int(Int8(bitPattern: bytes[(j * k + x) / 32 * 34 + 2 + x % 32])) }
                expected[i, j] = Float(sum)
            }
        }
        #expect(c == expected)
    }

    @Test("Any activations give the slow twin's result", arguments: QuantizedCase.all)
    func agreesWithTwin(_ test: QuantizedCase) {
        let a = Matrix.random(test.m, test.k, seed: 12)
        var c = Matrix(test.m, test.n), twin = c
        test.multiply(a, into: &c)
        test.multiply(a, into: &twin, kernels: SupportedSets.reference)
        #expect(normalisedMeanSquareError(c, twin) < 1e-12)
    }

    @Test("A row's bits depend neither on the other rows nor on the threads", arguments: QuantizedCase.all.filter { $0.m > 4 && $0.n > 0 })
    func rowsAreIndependent(_ test: QuantizedCase) {
        let a = Matrix.random(test.m, test.k, seed: 13)
        var together = Matrix(test.m, test.n), threaded = together
        test.multiply(a, into: &together)
        test.multiply(a, into: &threaded, kernels: SupportedSets.make(test.set, team: SupportedSets.team(5)))
        #expect(together.bits == threaded.bits)
        for row in [0, 3, test.m - 1] {
            var alone = Matrix(1, test.k)
            alone.values = Array(a.values[row * test.k..<(row + 1) * test.k])
            var c = Matrix(1, test.n)
            test.multiply(alone, into: &c)
            #expect(c.bits == Array(together.bits[row * test.n..<(row + 1) * test.n]), "row \(row)")
        }
    }

    @Test("NaN, infinity, zero and vanishing activations keep to their rows", arguments: QuantizedCase.all.filter { $0.m > 6 && $0.n > 1 })
    func strangeActivations(_ test: QuantizedCase) {
        var a = Matrix.random(test.m, test.k, seed: 14)
        a[1, 3] = .nan
        a[2, test.k - 1] = .infinity
        a[4, 0] = -.infinity
        for k in 0..<test.k {
            a[3, k] = 0
            a[5, k] = k % 2 == 0 ? .leastNonzeroMagnitude : -0x1p-130
        }
        var c = Matrix(test.m, test.n)
        test.multiply(a, into: &c)
        let wrong = c.values.indices.filter { c.values[$0].isFinite == [1, 2, 4].contains($0 / test.n) }
        #expect(wrong.isEmpty, "elements \(wrong.prefix(5))")
        #expect((0..<test.n).allSatisfy { c[3, $0] == 0 && abs(c[5, $0]) < 1e-30 })
    }

    /// One block of a type with scales of 1 and no minimum, whose values have all bits set, or none, or any.
    private func block(_ type: TensorType, _ byte: () -> UInt8) -> [UInt8] {
        let one: [UInt8] = [0x00, 0x3C], kScales: [UInt8] = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]
        func values(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }
        return switch type {
        case .q4_0, .q5_0, .q8_0: one + values(type.blockByteCount - 2)
        case .q4_1, .q5_1: one + [0, 0] + values(type.blockByteCount - 4)
        case .q4_K, .q5_K: one + [0, 0] + kScales + values(type.blockByteCount - 16)
        case .q6_K: values(192) + [UInt8](repeating: 1, count: 16) + one
        case .f32, .f16, .bf16: []
        }
    }

    @Test(
        "Sums are exact at the ends of every type's range, where 16 bits would overflow", arguments: QuantizedCase.types, SupportedSets.all)
    func extremesAreExact(_ type: TensorType, _ set: InstructionSet) {
        // Rows of weights with all bits set, with none, with -128 where a byte is a number (Q8_0), and two of any.
        let k = 512, rows = 5
        var generator = Generator(seed: 11)
        var bytes: [UInt8] = []
        for row in 0..<rows {
            for _ in 0..<k / type.blockWeights {
                bytes += block(type) {
                    row == 0 ? 0xFF : row == 1 ? 0 : row == 2 ? 0x80 : UInt8(truncatingIfNeeded: generator.next() >> 40)
                }
            }
        }
        var w = Matrix(rows, k)
        bytes.withUnsafeBytes { blocks in w.values.withUnsafeMutableBufferPointer { type.dequantize(blocks, into: $0) } }
        // All 127, all -127, in turns, pairs in turns, and either at random; enough rows for both ways of reading half bytes.
        for m in [1, 5, 13] {
            var a = Matrix(m, k)
            for row in 0..<m {
                for i in 0..<k {
                    let positive = [true, false, i % 2 == 0, i % 4 < 2, generator.next() % 2 == 0][row % 5]
                    a[row, i] = positive ? 127 : -127
                }
            }
            let kernels = SupportedSets.kernels(set), workspace = Workspace()
            let packed = bytes.withUnsafeBytes { QuantizedWeights($0, type: type, rows: rows, columns: k, kernels: kernels) }
            var c = Matrix(m, rows)
            workspace.scope {
                a.read { a in
                    let rounded = kernels.round(a, workspace: workspace)
                    c.write { kernels.multiply(rounded, packed, into: $0, workspace: workspace) }
                }
            }
            // Below 2^24 all partial sums are float32 numbers.
            for row in 0..<m {
                for n in 0..<rows {
                    let sum = (0..<k).reduce(0) { $0 + Int(a[row, $1]) * Int(w[n, $1]) }
                    #expect(c[row, n] == Float(sum), "row \(row) of \(m), weights \(n)")
                }
            }
        }
    }

    @Test(
        "Slices of wider matrices give the same bits, and what is around the result stays", arguments: QuantizedCase.types,
        SupportedSets.all)
    func slices(_ type: TensorType, _ set: InstructionSet) {
        for (m, n) in [(1, 33), (7, 18), (14, 65)] {
            let test = QuantizedCase(set: set, type: type, m: m, n: n, blocks: 2), kernels = SupportedSets.kernels(set)
            let a = Matrix.random(m, test.k, seed: 12)
            var expected = Matrix(m, n)
            test.multiply(a, into: &expected)
            let packed = test.weights.withUnsafeBytes { QuantizedWeights($0, type: type, rows: n, columns: test.k, kernels: kernels) }
            let (input, workspace) = (Strided(a), Workspace())
            var result = Strided(Matrix(m, n, filledWith: .nan))
            workspace.scope {
                input.read { a in
                    let rounded = kernels.round(a, workspace: workspace)
                    result.write { kernels.multiply(rounded, packed, into: $0, workspace: workspace) }
                }
            }
            #expect(result.matrix.bits.elementsEqual(expected.bits) && result.isIntact, "\(m)x\(n)")
        }
    }
}
