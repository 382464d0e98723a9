import Kernels
import Testing

/// One product, of the four ways to write it.
struct ProductCase: CustomTestStringConvertible, Sendable {
    enum Form: String, CaseIterable { case packedWeights, byTranspose, plain, transposed }
    let set: InstructionSet
    let form: Form
    let precision: ProductPrecision
    let backend: Float32Backend
    let m: Int, n: Int, k: Int

    var testDescription: String { "\(set.rawValue) \(form.rawValue) \(precision.rawValue) \(backend.rawValue) \(m)x\(n)x\(k)" }

    /// Zero, one, odd, prime, just below and above panels (6, 12, 16, 32, 64), more than a block of rows (96 on AVX-512, 192 on AVX2,
    /// 256 else), more than a pass of k (512 units on AVX-512, 256 on AVX2 and AMX; a unit is one float32 or two bfloat16) and more than
    /// two; so many rows that blocks of them pack their own part.
    static let shapes = [
        (0, 5, 3), (3, 0, 2), (2, 3, 0), (1, 1, 1), (1, 33, 300), (2, 16, 8), (5, 31, 7), (7, 17, 64), (12, 32, 256), (13, 37, 257),
        (23, 64, 129), (65, 257, 31), (301, 41, 19), (31, 530, 11),
        (13, 35, 513), (7, 33, 1_025), (5, 18, 2_051), (515, 37, 1_037),
    ]

    static let all: [ProductCase] = SupportedSets.all.flatMap { set in
        Form.allCases.flatMap { form in
            [(ProductPrecision.float32, Float32Backend.own), (.bfloat16, .own), (.float32, .openBLAS)].flatMap { precision, backend in
                // OpenBLAS has kernels of its own: one set's tests are all sets'.
                backend == .openBLAS && set != SupportedSets.all.last
                    ? []
                    : shapes.map { ProductCase(set: set, form: form, precision: precision, backend: backend, m: $0.0, n: $0.1, k: $0.2) }
            }
        }
    }

    /// What the operation gets for A[M, K] and B[N, K], and what it adds to C.
    func run(_ a: Matrix, _ b: Matrix, into c: inout Matrix, accumulate: Bool, team: ThreadTeam? = nil) {
        let kernels = team.map { SupportedSets.make(set, team: $0, backend) } ?? SupportedSets.kernels(set, float32Backend: backend)
        let workspace = Workspace()
        switch form {
        case .packedWeights:
            let weights = b.read { PackedWeights($0, precision: precision, kernels: kernels) }
            a.read { a in c.write { kernels.multiply(a, weights, into: $0, accumulate: accumulate, workspace: workspace) } }
        case .byTranspose:
            a.read { a in
                b.read { b in
                    c.write {
                        kernels.multiply(a, byTransposeOf: b, into: $0, accumulate: accumulate, precision: precision, workspace: workspace)
                    }
                }
            }
        case .plain:
            let b = b.transposed
            a.read { a in
                b.read { b in
                    c.write { kernels.multiply(a, by: b, into: $0, accumulate: accumulate, precision: precision, workspace: workspace) }
                }
            }
        case .transposed:
            let a = a.transposed, b = b.transposed
            a.read { a in
                b.read { b in
                    c.write {
                        kernels.multiplyTranspose(
                            of: a, by: b, into: $0, accumulate: accumulate, precision: precision, workspace: workspace)
                    }
                }
            }
        }
    }
}

extension Matrix {
    var transposed: Matrix {
        var out = Matrix(columns, count)
        for i in 0..<count { for j in 0..<columns { out[j, i] = self[i, j] } }
        return out
    }
}

/// x rounded to bfloat16 by the definition: the nearest of the two neighbours with 8 bits of fraction, the even one of a tie.
func roundedToBFloat16(_ x: Float) -> Float {
    let below = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let above = Float(bitPattern: (x.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
    // Past the largest number comes 2^128, which is stored as infinity.
    let upper = above.isInfinite ? (above < 0 ? -0x1p128 : 0x1p128) : Double(above)
    let toBelow = abs(Double(x) - Double(below)), toAbove = abs(upper - Double(x))
    if toBelow == toAbove { return (below.bitPattern >> 16) & 1 == 0 ? below : above }
    return toBelow < toAbove ? below : above
}

@Suite struct ProductTests {
    @Test("A product is the sum of products, whatever its form, shape and set", arguments: ProductCase.all)
    func agreesWithDefinition(_ test: ProductCase) {
        let a = Matrix.random(test.m, test.k, seed: 1), b = Matrix.random(test.n, test.k, seed: 2)
        let rounded = { (x: Float) in Double(test.precision == .float32 ? x : roundedToBFloat16(x)) }
        let x = a.values.map(rounded), y = b.values.map(rounded)
        for accumulate in [false, true] {
            let before = Matrix.random(test.m, test.n, seed: 3)
            var c = before
            test.run(a, b, into: &c, accumulate: accumulate)
            var expected: [Double] = []
            for i in 0..<test.m {
                for j in 0..<test.n {
                    var sum = accumulate ? Double(before[i, j]) : 0
                    for k in 0..<test.k { sum += x[i * test.k + k] * y[j * test.k + k] }
                    expected.append(sum)
                }
            }
            // 1e-6 of the norm, squared.
            #expect(normalisedMeanSquareError(c.values, expected) < 1e-12)
        }
    }

    @Test("A row's bits do not depend on the other rows", arguments: ProductCase.all.filter { $0.m > 4 && $0.n > 0 })
    func rowsAreIndependent(_ test: ProductCase) {
        let a = Matrix.random(test.m, test.k, seed: 4), b = Matrix.random(test.n, test.k, seed: 5)
        var together = Matrix(test.m, test.n)
        test.run(a, b, into: &together, accumulate: false)
        for row in [0, 3, test.m - 1] {
            var alone = Matrix(1, test.k)
            alone.values = Array(a.values[row * test.k..<(row + 1) * test.k])
            var c = Matrix(1, test.n)
            test.run(alone, b, into: &c, accumulate: false)
            #expect(c.bits == Array(together.bits[row * test.n..<(row + 1) * test.n]), "row \(row)")
        }
    }

    @Test("The bits do not depend on the number of threads", arguments: ProductCase.all.filter { $0.m * $0.n > 1000 })
    func threadsDoNotMatter(_ test: ProductCase) {
        let a = Matrix.random(test.m, test.k, seed: 6), b = Matrix.random(test.n, test.k, seed: 7)
        var results: [[UInt32]] = []
        for threads in [1, 2, 5] {
            var c = Matrix(test.m, test.n)
            test.run(a, b, into: &c, accumulate: false, team: SupportedSets.team(threads))
            results.append(c.bits)
        }
        #expect(results[0] == results[1])
        #expect(results[0] == results[2])
    }

    @Test(
        "NaN and infinity come out where they went in, and nowhere else",
        arguments: ProductCase.all.filter { $0.m > 4 && $0.k > 4 && $0.n > 4 })
    func nonFiniteNumbersPass(_ test: ProductCase) {
        for strange in [Float.nan, .infinity, -.infinity] {
            var a = Matrix.random(test.m, test.k, seed: 8)
            var b = Matrix.random(test.n, test.k, seed: 9)
            a[3, 2] = strange
            b[4, test.k - 1] = strange
            var c = Matrix(test.m, test.n)
            test.run(a, b, into: &c, accumulate: false)
            let wrong = c.values.indices.filter { c.values[$0].isFinite != ($0 / test.n != 3 && $0 % test.n != 4) }
            #expect(wrong.isEmpty, "\(strange): elements \(wrong.prefix(5))")
        }
    }

    @Test("Rounding to bfloat16 is to nearest even at ties and at the ends of the range", arguments: SupportedSets.all)
    func roundingTies(_ set: InstructionSet) {
        let bits: [UInt32] = [
            0x3F80_8000, 0x3F81_8000, 0x3F80_8001, 0x3F80_7FFF, 0xBF81_8000, 0x7F7F_0000, 0x0080_0000, 0x3F7F_FFFF, 0x7F7F_FFFF,
        ]
        let inputs = bits.map { Float(bitPattern: $0) }
        let kernels = SupportedSets.kernels(set)
        var one = Matrix(1, 1), x = Matrix(1, 1), c = Matrix(1, 1)
        one.values = [1]
        for input in inputs {
            x.values = [input]
            x.read { x in
                one.read { one in
                    c.write { kernels.multiply(x, byTransposeOf: one, into: $0, precision: .bfloat16, workspace: Workspace()) }
                }
            }
            #expect(c[0, 0] == roundedToBFloat16(input), "\(input)")
        }
    }

    @Test("The slow twin sums in float64: only its result is rounded", arguments: [ProductPrecision.float32, .bfloat16])
    func twinSumsInDoublePrecision(_ precision: ProductPrecision) {
        let a = Matrix.random(3, 2_051, seed: 1), b = Matrix.random(5, 2_051, seed: 2), before = Matrix.random(3, 5, seed: 3)
        var c = before
        a.read { a in
            b.read { b in
                c.write {
                    SupportedSets.reference.multiply(
                        a, byTransposeOf: b, into: $0, accumulate: true, precision: precision, workspace: Workspace())
                }
            }
        }
        let rounded = { (x: Float) in Double(precision == .float32 ? x : roundedToBFloat16(x)) }
        for i in 0..<3 {
            for j in 0..<5 {
                let sum = (0..<2_051).reduce(Double(before[i, j])) { $0 + rounded(a[i, $1]) * rounded(b[j, $1]) }
                #expect(abs(Double(c[i, j]) - sum) <= Double(Float(sum).ulp) / 2 * 1.0001)
            }
        }
    }

    @Test("The hardware's bfloat16 products take a subnormal number for zero, the others do not", arguments: SupportedSets.all)
    func subnormalNumbers(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        var a = Matrix(1, 3), b = Matrix(1, 3), c = Matrix(1, 1)
        a.values = [0x1p-130, 0x1p-126, 0]
        b.values = [0x1p120, 0x1p120, 1]
        for (precision, expected): (ProductPrecision, Float) in [
            (.float32, 0x1p-10 + 0x1p-6), (.bfloat16, set == .avx512BF16 || set == .avx512AMX ? 0x1p-6 : 0x1p-10 + 0x1p-6),
        ] {
            a.read { a in
                b.read { b in c.write { kernels.multiply(a, byTransposeOf: b, into: $0, precision: precision, workspace: Workspace()) } }
            }
            #expect(c[0, 0] == expected, "\(precision)")
        }
    }
}
