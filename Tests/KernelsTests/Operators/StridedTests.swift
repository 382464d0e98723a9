import Kernels
import Testing

/// Operations on columns of wider matrices, and in place: the same bits as on matrices of their own, and nothing else written.
@Suite struct StridedTests {
    /// An operation on two matrices and what it writes; `inPlace` says which of the two the result may be.
    struct Operation: Sendable, CustomTestStringConvertible {
        enum Place: Sendable { case neither, first, second, either }
        let name: String
        let inPlace: Place
        let run: @Sendable (Kernels, Rows, Rows, MutableRows) -> Void
        var testDescription: String { name }

        init(_ name: String, _ inPlace: Place, _ run: @escaping @Sendable (Kernels, Rows, Rows, MutableRows) -> Void) {
            self.name = name
            self.inPlace = inPlace
            self.run = run
        }
    }

    private static let weight = Operator.weights(1_000)

    static let all: [Operation] =
        Activation.allCases.flatMap { f in
            [
                Operation("\(f)", .first) { kernels, x, _, y in kernels.activate(f, x, into: y) },
                Operation("\(f)Backward", .either) { kernels, x, dy, dx in kernels.activateBackward(f, x, dy: dy, into: dx) },
                Operation("\(f)Gate", .either) { kernels, gate, up, y in kernels.gate(f, gate, up, into: y) },
            ]
        } + [
            Operation("rmsNorm", .first) { kernels, x, _, y in
                weight.read { kernels.rmsNorm(x, weight: $0.base, epsilon: 1e-6, into: y) }
            },
            Operation("rmsNormBackward", .second) { kernels, x, dy, dx in
                let inverses = [Float](repeating: 0.7, count: x.count + 1)
                var gradient = Matrix(1, x.columns)
                weight.read { weight in
                    gradient.write {
                        kernels.rmsNormBackward(
                            x, weight: weight.base, inverses: inverses, dy: dy, into: dx, weightGradient: $0.base, workspace: Workspace())
                    }
                }
            },
            Operation("softmax", .first) { kernels, x, _, y in kernels.softmax(x, into: y) },
            Operation("logSoftmax", .first) { kernels, x, _, y in kernels.logSoftmax(x, into: y) },
            Operation("softmaxBackward", .second) { kernels, y, dy, dx in kernels.softmaxBackward(y, dy: dy, into: dx) },
            Operation("logSoftmaxBackward", .second) { kernels, y, dy, dx in kernels.logSoftmaxBackward(y, dy: dy, into: dx) },
            Operation("crossEntropyBackward", .first) { kernels, x, _, dx in
                let targets = [Int32](repeating: 1, count: x.count), sums = [Float](repeating: 2, count: x.count + 1)
                targets.withUnsafeBufferPointer { kernels.crossEntropyBackward(x, targets: $0, logSums: sums, scale: 0.5, into: dx) }
            },
            Operation("dropout", .first) { kernels, x, _, y in kernels.dropout(Dropout(rate: 0.3, seed: 1, stream: 2), x, into: y) },
            Operation("add", .either) { kernels, a, b, y in kernels.add(a, b, into: y) },
            Operation("addBias", .first) { kernels, a, _, y in weight.read { kernels.addBias(a, $0.base, into: y) } },
            Operation("product", .neither) { kernels, a, b, y in
                let square = Matrix.random(a.columns, a.columns, seed: 3), workspace = Workspace()
                square.read { kernels.multiply(a, by: $0, into: y, precision: .float32, workspace: workspace) }
                square.read {
                    kernels.multiply(b, byTransposeOf: $0, into: y, accumulate: true, precision: .bfloat16, workspace: workspace)
                }
            },
            Operation("product of transposes", .neither) { kernels, a, b, y in
                // [T, N] of the N x N product of the transposes.
                let square = Matrix.random(a.count, a.count, seed: 3), workspace = Workspace()
                square.read { kernels.multiplyTranspose(of: $0, by: a, into: y, precision: .float32, workspace: workspace) }
                square.read {
                    kernels.multiplyTranspose(of: $0, by: b, into: y, accumulate: true, precision: .bfloat16, workspace: workspace)
                }
            },
        ]

    static let shapes = [(1, 2), (3, 31), (7, 64), (70, 129)]

    @Test("Columns of wider matrices give the same bits, and nothing around them is written or read", arguments: all, SupportedSets.all)
    func slices(_ operation: Operation, _ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (rows, columns) in Self.shapes {
            let a = Matrix.random(rows, columns, seed: 1), b = Matrix.random(rows, columns, seed: 2)
            let expected = map(a, b) { operation.run(kernels, $0, $1, $2) }
            let (first, second) = (Strided(a), Strided(b))
            var result = Strided(Matrix(rows, columns, filledWith: 7))
            first.read { a in second.read { b in result.write { operation.run(kernels, a, b, $0) } } }
            #expect(result.matrix.bits.elementsEqual(expected.bits), "[\(rows), \(columns)]")
            #expect(result.isIntact && first.isIntact && second.isIntact, "[\(rows), \(columns)]")
        }
    }

    @Test(
        "The result may take the place of an input where it is said to", arguments: all.filter { $0.inPlace != .neither }, SupportedSets.all
    )
    func inPlace(_ operation: Operation, _ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (rows, columns) in Self.shapes {
            let a = Matrix.random(rows, columns, seed: 1), b = Matrix.random(rows, columns, seed: 2)
            let expected = map(a, b) { operation.run(kernels, $0, $1, $2) }
            if operation.inPlace != .second {
                var both = Strided(a)
                b.read { b in both.write { operation.run(kernels, Rows($0), b, $0) } }
                #expect(both.matrix.bits.elementsEqual(expected.bits) && both.isIntact, "first of [\(rows), \(columns)]")
            }
            if operation.inPlace != .first {
                var both = Strided(b)
                a.read { a in both.write { operation.run(kernels, a, Rows($0), $0) } }
                #expect(both.matrix.bits.elementsEqual(expected.bits) && both.isIntact, "second of [\(rows), \(columns)]")
            }
        }
    }

    @Test("Gate and up may be columns of one product's result, and their gradients too", arguments: SupportedSets.all)
    func gateAndUp(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (rows, width) in [(1, 5), (9, 64), (40, 37)] {
            let joined = Matrix.random(rows, 2 * width, seed: 1), dy = Matrix.random(rows, width, seed: 2)
            let gate = joined.columns(0..<width), up = joined.columns(width..<2 * width)
            let expected = map(gate, up) { kernels.gate(.silu, $0, $1, into: $2) }
            #expect(
                map(dy) { dy, y in joined.read { kernels.gate(.silu, $0.columns(0..<width), $0.columns(width..<2 * width), into: y) } }
                    == expected)

            var dGate = Matrix(rows, width), dUp = dGate, both = joined
            gate.read { gate in
                up.read { up in
                    dy.read { dy in
                        dGate.write { dGate in
                            dUp.write { kernels.gateBackward(.silu, gate, up, dy: dy, gateGradient: dGate, upGradient: $0) }
                        }
                    }
                }
            }
            dy.read { dy in
                both.write { both in
                    let (gate, up) = (both.columns(0..<width), both.columns(width..<2 * width))
                    kernels.gateBackward(.silu, Rows(gate), Rows(up), dy: dy, gateGradient: gate, upGradient: up)
                }
            }
            #expect(both.columns(0..<width) == dGate)
            #expect(both.columns(width..<2 * width) == dUp)
        }
    }
}
