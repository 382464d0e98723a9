import Kernels
import Testing

/// Every backward pass against differences of its forward pass.
@Suite struct GradientTests {
    static let shapes = [(1, 1), (3, 5), (2, 19), (5, 8)]

    private func check(
        _ name: String, _ x: Matrix, _ gradient: Matrix, tolerance: Double = 1e-6, sourceLocation: SourceLocation = #_sourceLocation,
        _ loss: (Matrix) -> Double
    ) {
        let error = normalisedMeanSquareError(gradient.values, numericGradient(at: x, loss))
        #expect(error < tolerance, "\(name) [\(x.count), \(x.columns)]", sourceLocation: sourceLocation)
    }

    @Test("RMS norm", arguments: SupportedSets.all)
    func rmsNorm(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (rows, columns) in Self.shapes {
            let x = Matrix.random(rows, columns, seed: 1), dy = Matrix.random(rows, columns, seed: 2), weight = Operator.weights(columns)
            func forward(_ x: Matrix, _ weight: Matrix) -> Double {
                weighted(map(x) { x, y in weight.read { kernels.rmsNorm(x, weight: $0.base, epsilon: 0.1, into: y) } }, by: dy)
            }
            var inverses = Matrix(rows, 1), dx = Matrix.like(x), dWeight = Matrix.like(weight), y = Matrix.like(x)
            x.read { x in
                weight.read { weight in
                    inverses.write { inverses in
                        y.write { kernels.rmsNorm(x, weight: weight.base, epsilon: 0.1, into: $0, inverses: inverses.base) }
                        dy.read { dy in
                            dx.write { dx in
                                dWeight.write {
                                    kernels.rmsNormBackward(
                                        x, weight: weight.base, inverses: inverses.base, dy: dy, into: dx, weightGradient: $0.base,
                                        workspace: Workspace())
                                }
                            }
                        }
                    }
                }
            }
            check("x", x, dx) { forward($0, weight) }
            check("weight", weight, dWeight) { forward(x, $0) }
        }
    }

    @Test("Softmax and its logarithm", arguments: SupportedSets.all)
    func softmax(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        // Of one column the gradient is zero: what is left is rounding.
        for (rows, columns) in Self.shapes where columns > 1 {
            let x = Matrix.random(rows, columns, seed: 1), dy = Matrix.random(rows, columns, seed: 2)
            let y = map(x) { kernels.softmax($0, into: $1) }
            check("softmax", x, map(y, dy) { kernels.softmaxBackward($0, dy: $1, into: $2) }) {
                weighted(map($0) { kernels.softmax($0, into: $1) }, by: dy)
            }
            let logarithms = map(x) { kernels.logSoftmax($0, into: $1) }
            check("logSoftmax", x, map(logarithms, dy) { kernels.logSoftmaxBackward($0, dy: $1, into: $2) }) {
                weighted(map($0) { kernels.logSoftmax($0, into: $1) }, by: dy)
            }
        }
    }

    @Test("Cross-entropy, where a negative target does not count", arguments: SupportedSets.all)
    func crossEntropy(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (rows, columns) in Self.shapes where columns > 1 {
            let x = Matrix.random(rows, columns, seed: 1)
            let targets = (0..<rows).map { $0 == 1 ? Int32(-100) : Int32($0 * 3 % columns) }
            let result = Operator.crossEntropy(kernels, x, targets: targets)
            check("logits", x, result.dx) {
                0.25 * Operator.crossEntropy(kernels, $0, targets: targets).losses.values.reduce(0) { $0 + Double($1) }
            }
            if rows > 1 {
                #expect(result.losses[1, 0] == 0)
                #expect(result.dx.row(1).values.allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("Activations and gates", arguments: SupportedSets.all, Activation.allCases)
    func activations(_ set: InstructionSet, _ f: Activation) {
        let kernels = SupportedSets.kernels(set)
        for (rows, columns) in Self.shapes {
            var x = Matrix.random(rows, columns, seed: 1)
            let up = Matrix.random(rows, columns, seed: 2), dy = Matrix.random(rows, columns, seed: 3)
            // Not at the bend of ReLU.
            for i in x.values.indices { x.values[i] = x.values[i] * 3 + (x.values[i] < 0 ? -0.1 : 0.1) }
            check("\(f)", x, map(x, dy) { kernels.activateBackward(f, $0, dy: $1, into: $2) }) {
                weighted(map($0) { kernels.activate(f, $0, into: $1) }, by: dy)
            }
            var dGate = Matrix.like(x), dUp = Matrix.like(x)
            x.read { x in
                up.read { up in
                    dy.read { dy in
                        dGate.write { dGate in
                            dUp.write { kernels.gateBackward(f, x, up, dy: dy, gateGradient: dGate, upGradient: $0) }
                        }
                    }
                }
            }
            check("\(f) gate", x, dGate) { weighted(map($0, up) { kernels.gate(f, $0, $1, into: $2) }, by: dy) }
            check("\(f) up", up, dUp) { weighted(map(x, $0) { kernels.gate(f, $0, $1, into: $2) }, by: dy) }
        }
    }

    @Test("The gradient of gathering is scattering", arguments: SupportedSets.all)
    func embedding(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        let table = Matrix.random(5, 7, seed: 1), dy = Matrix.random(9, 7, seed: 2), ids: [Int32] = [0, 3, 3, 1, 3, 0, 4, 4, 3]
        var gradient = Matrix(5, 7)
        ids.withUnsafeBufferPointer { ids in dy.read { dy in gradient.write { kernels.scatterAdd(dy, ids, to: $0) } } }
        check("table", table, gradient) { table in
            var y = Matrix(9, 7)
            table.read { table in ids.withUnsafeBufferPointer { ids in y.write { kernels.gather(table, ids, into: $0) } } }
            return weighted(y, by: dy)
        }
        #expect(gradient.row(2).values.allSatisfy { $0 == 0 })
    }

    @Test("Rows of negative ids are left out", arguments: SupportedSets.all)
    func skippedRows(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        let table = Matrix.random(5, 7, seed: 1), x = Matrix.random(4, 7, seed: 2), ids: [Int32] = [3, -1, 0, -1]
        var y = x, gradient = Matrix(5, 7), expected = x, expectedGradient = Matrix(5, 7)
        ids.withUnsafeBufferPointer { ids in
            table.read { table in y.write { kernels.gather(table, ids, into: $0, accumulate: true) } }
            x.read { x in gradient.write { kernels.scatterAdd(x, ids, to: $0) } }
        }
        for (row, id) in [(0, 3), (2, 0)] {
            for column in 0..<7 {
                expected[row, column] += table[id, column]
                expectedGradient[id, column] += x[row, column]
            }
        }
        #expect(y == expected && gradient == expectedGradient)
    }

    @Test("Rows weigh in the fused loss, with weights packed ahead or not", arguments: SupportedSets.all)
    func weightedLinearCrossEntropy(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set), tokens = 1_031
        let x = Matrix.random(tokens, 20, seed: 1), w = Matrix.random(37, 20, seed: 2)
        let targets = (0..<tokens).map { $0 % 5 == 3 ? Int32(-1) : Int32($0 * 3 % 37) }
        let rowWeights = (0..<tokens).map { Float($0 % 3) }
        func run(_ targets: [Int32], _ rowWeights: [Float]?, isPacked: Bool) -> (dx: Matrix, dw: Matrix) {
            var dx = Matrix.like(x), dw = Matrix.like(w), losses = Matrix(tokens, 1)
            let weights = rowWeights ?? [Float](repeating: 1, count: tokens)
            x.read { x in
                w.read { w in
                    let packed = isPacked ? PackedWeights(w, precision: .float32, kernels: kernels) : nil
                    targets.withUnsafeBufferPointer { targets in
                        weights.withUnsafeBufferPointer { weights in
                            losses.write { losses in
                                dx.write { dx in
                                    dw.write {
                                        kernels.linearCrossEntropy(
                                            x, weights: w, packed: packed, targets: targets,
                                            rowWeights: rowWeights == nil ? nil : weights.baseAddress, gradientScale: 1,
                                            losses: losses.base, dx: dx, weightGradient: $0, precision: .float32, workspace: Workspace())
                                    }
                                }
                            }
                        }
                    }
                }
            }
            return (dx, dw)
        }
        let weighted = run(targets, rowWeights, isPacked: true), again = run(targets, rowWeights, isPacked: false)
        #expect(weighted.dx == again.dx && weighted.dw == again.dw)
        // Rows of each weight by themselves.
        var dx = Matrix.like(x), dw = Matrix.like(w)
        for weight in 1...2 {
            let part = run(targets.enumerated().map { $0 % 3 == weight ? $1 : -1 }, nil, isPacked: false)
            for (i, value) in part.dx.values.enumerated() { dx.values[i] += Float(weight) * value }
            for (i, value) in part.dw.values.enumerated() { dw.values[i] += Float(weight) * value }
        }
        #expect(normalisedMeanSquareError(weighted.dx, dx) < 1e-12 && normalisedMeanSquareError(weighted.dw, dw) < 1e-12)
    }

    @Test("The loss fused with the output product is that of the two, with all gradients", arguments: SupportedSets.all)
    func linearCrossEntropy(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (tokens, width, vocabulary) in [(3, 5, 7), (1_031, 2, 5)] {
            let x = Matrix.random(tokens, width, seed: 1), w = Matrix.random(vocabulary, width, seed: 2)
            let targets = (0..<tokens).map { $0 % 5 == 3 ? Int32(-1) : Int32($0 * 3 % vocabulary) }
            func run(_ x: Matrix, _ w: Matrix) -> (loss: Double, dx: Matrix, dw: Matrix) {
                var dx = Matrix.like(x), dw = Matrix.like(w), losses = Matrix(x.count, 1)
                x.read { x in
                    w.read { w in
                        targets.withUnsafeBufferPointer { targets in
                            losses.write { losses in
                                dx.write { dx in
                                    dw.write {
                                        kernels.linearCrossEntropy(
                                            x, weights: w, targets: targets, logitScale: 0.5, gradientScale: 0.125, losses: losses.base,
                                            dx: dx, weightGradient: $0, precision: .float32, workspace: Workspace())
                                    }
                                }
                            }
                        }
                    }
                }
                return (0.125 * losses.values.reduce(0) { $0 + Double($1) }, dx, dw)
            }
            let result = run(x, w)
            check("x", x, result.dx) { run($0, w).loss }
            check("weights", w, result.dw) { run(x, $0).loss }
        }
    }

    @Test("With bfloat16 products the fused loss and its gradients are near those of float32", arguments: SupportedSets.all)
    func roundedLinearCrossEntropy(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        let x = Matrix.random(1_031, 20, seed: 1), w = Matrix.random(37, 20, seed: 2)
        let targets = (0..<1_031).map { $0 % 5 == 3 ? Int32(-1) : Int32($0 * 3 % 37) }
        let results = [ProductPrecision.float32, .bfloat16].map { precision in
            var dx = Matrix.like(x), dw = Matrix.like(w), losses = Matrix(1_031, 1)
            x.read { x in
                w.read { w in
                    targets.withUnsafeBufferPointer { targets in
                        losses.write { losses in
                            dx.write { dx in
                                dw.write {
                                    kernels.linearCrossEntropy(
                                        x, weights: w, targets: targets, gradientScale: 1, losses: losses.base, dx: dx, weightGradient: $0,
                                        precision: precision, workspace: Workspace())
                                }
                            }
                        }
                    }
                }
            }
            return [losses, dx, dw]
        }
        for (rounded, exact) in zip(results[1], results[0]) {
            // Inputs have 8 bits: errors of 2^-9 each, which average out. And it is not the float32 product.
            #expect(normalisedMeanSquareError(rounded, exact) < 1e-5)
            #expect(rounded != exact)
        }
        #expect((0..<1_031).allSatisfy { $0 % 5 != 3 || results[1][0][$0, 0] == 0 })
    }

    @Test("Rotation, whose backward pass is the inverse", arguments: SupportedSets.all, [false, true])
    func rotary(_ set: InstructionSet, _ interleaved: Bool) {
        let kernels = SupportedSets.kernels(set)
        let table = RotaryTable(frequencies: RotaryTable.frequencies(base: 100, pairs: 9), positions: 50, interleaved: interleaved)
        let positions: [Int32] = [0, 3, 49]
        func rotated(_ x: Matrix, inverse: Bool = false) -> Matrix {
            var y = x
            y.write { y in
                positions.withUnsafeBufferPointer { kernels.rotate(y, heads: 2, positions: $0, table: table, inverse: inverse) }
            }
            return y
        }
        // Heads of 19: the last number of each is not rotated.
        let x = Matrix.random(3, 38, seed: 1), dy = Matrix.random(3, 38, seed: 2)
        check("x", x, rotated(dy, inverse: true)) { weighted(rotated($0), by: dy) }
    }

    @Test("Dropout, whose backward pass is itself", arguments: SupportedSets.all)
    func dropout(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set), dropout = Dropout(rate: 0.4, seed: 9, stream: 4)
        let x = Matrix.random(3, 70, seed: 1), dy = Matrix.random(3, 70, seed: 2)
        check("x", x, map(dy) { kernels.dropout(dropout, $0, into: $1) }) {
            weighted(map($0) { kernels.dropout(dropout, $0, into: $1) }, by: dy)
        }
    }

    @Test("A linear layer Y = X Wᵀ: dX = dY W, dW = dYᵀ X", arguments: SupportedSets.all)
    func linear(_ set: InstructionSet) {
        let kernels = SupportedSets.kernels(set)
        for (tokens, inputs, outputs) in [(1, 1, 1), (3, 5, 7), (9, 4, 17)] {
            let x = Matrix.random(tokens, inputs, seed: 1), w = Matrix.random(outputs, inputs, seed: 2)
            let dy = Matrix.random(tokens, outputs, seed: 3), workspace = Workspace()
            func forward(_ x: Matrix, _ w: Matrix) -> Double {
                var y = Matrix(tokens, outputs)
                let weights = w.read { PackedWeights($0, precision: .float32, kernels: kernels) }
                x.read { x in y.write { kernels.multiply(x, weights, into: $0, workspace: workspace) } }
                return weighted(y, by: dy)
            }
            var dx = Matrix.like(x), dw = Matrix.like(w)
            dy.read { dy in
                w.read { w in dx.write { kernels.multiply(dy, by: w, into: $0, precision: .float32, workspace: workspace) } }
                x.read { x in dw.write { kernels.multiplyTranspose(of: dy, by: x, into: $0, precision: .float32, workspace: workspace) } }
            }
            check("x", x, dx) { forward($0, w) }
            check("weights", w, dw) { forward(x, $0) }
        }
    }
}
