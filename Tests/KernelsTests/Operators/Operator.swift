import Kernels
import Testing

/// An operation on the rows of matrices, as the table of cases has it: what goes in is made from a shape, what comes out is compared.
struct Operator: Sendable, CustomTestStringConvertible {
    let name: String
    /// How many matrices of the shape go in.
    let inputs: Int
    /// Whether row r of every result depends on row r of the inputs alone.
    let byRow: Bool
    let run: @Sendable (Kernels, [Matrix]) -> [Matrix]

    init(_ name: String, inputs: Int = 1, byRow: Bool = true, _ run: @escaping @Sendable (Kernels, [Matrix]) -> [Matrix]) {
        self.name = name
        self.inputs = inputs
        self.byRow = byRow
        self.run = run
    }

    var testDescription: String { name }

    /// Every operation on rows.
    static let all: [Operator] = norms + softmaxes + activations + sums + [dropout, gather, dots, scatterAdd, adamW] + rotations

    static let norms = [
        Operator("rmsNorm") { kernels, x in
            var y = Matrix.like(x[0]), inverses = Matrix(x[0].count, 1)
            let weight = weights(x[0].columns)
            x[0].read { x in
                weight.read { weight in
                    y.write { y in
                        inverses.write { kernels.rmsNorm(x, weight: weight.base, epsilon: 1e-6, into: y, inverses: $0.base) }
                    }
                }
            }
            return [y, inverses]
        },
        Operator("rmsNormBackward", inputs: 2) { kernels, x in [normGradients(kernels, x[0], x[1]).dx] },
        Operator("rmsNormBackward: weight", inputs: 2, byRow: false) { kernels, x in [normGradients(kernels, x[0], x[1]).dWeight] },
    ]

    static func weights(_ columns: Int) -> Matrix { Matrix.random(1, columns, seed: 90) }

    static func normGradients(_ kernels: Kernels, _ x: Matrix, _ dy: Matrix) -> (dx: Matrix, dWeight: Matrix) {
        var dx = Matrix.random(x.count, x.columns, seed: 4), dWeight = Matrix(1, x.columns), inverses = Matrix(x.count, 1)
        // What dx held before is added to: the same for a row, wherever it stands.
        for i in dx.values.indices { dx.values[i] = Float(i % max(x.columns, 1)) / 64 }
        let weight = weights(x.columns)
        for row in 0..<x.count {
            let squares = x.values[row * x.columns..<(row + 1) * x.columns].reduce(0.0) { $0 + Double($1) * Double($1) }
            inverses[row, 0] = Float(1 / (squares / Double(x.columns) + 1e-6).squareRoot())
        }
        x.read { x in
            dy.read { dy in
                weight.read { weight in
                    inverses.read { inverses in
                        dx.write { dx in
                            dWeight.write {
                                kernels.rmsNormBackward(
                                    x, weight: weight.base, inverses: inverses.base, dy: dy, into: dx, accumulate: true,
                                    weightGradient: $0.base, workspace: Workspace())
                            }
                        }
                    }
                }
            }
        }
        return (dx, dWeight)
    }

    static let softmaxes = [
        Operator("softmax") { kernels, x in [map(x[0]) { kernels.softmax($0, into: $1) }] },
        Operator("logSoftmax") { kernels, x in [map(x[0]) { kernels.logSoftmax($0, into: $1) }] },
        Operator("softmaxBackward", inputs: 2) { kernels, x in [map(x[0], x[1]) { kernels.softmaxBackward($0, dy: $1, into: $2) }] },
        Operator("logSoftmaxBackward", inputs: 2) { kernels, x in [map(x[0], x[1]) { kernels.logSoftmaxBackward($0, dy: $1, into: $2) }] },
        Operator("crossEntropy") { kernels, x in
            let (losses, logSums, _) = crossEntropy(kernels, x[0])
            return [losses, logSums]
        },
        Operator("crossEntropyBackward") { kernels, x in [crossEntropy(kernels, x[0]).dx] },
    ]

    /// Targets in the middle of the classes; none where there are no classes.
    static func crossEntropy(_ kernels: Kernels, _ x: Matrix, targets: [Int32]? = nil) -> (losses: Matrix, logSums: Matrix, dx: Matrix) {
        var losses = Matrix(x.count, 1), logSums = losses, dx = Matrix.like(x)
        let targets = targets ?? Array(repeating: x.columns == 0 ? -1 : Int32(x.columns / 2), count: x.count)
        x.read { x in
            targets.withUnsafeBufferPointer { targets in
                logSums.write { logSums in
                    losses.write { kernels.crossEntropy(x, targets: targets, losses: $0.base, logSums: logSums.base) }
                    dx.write { kernels.crossEntropyBackward(x, targets: targets, logSums: logSums.base, scale: 0.25, into: $0) }
                }
            }
        }
        return (losses, logSums, dx)
    }

    static let activations = Activation.allCases.flatMap { f in
        [
            Operator("\(f)") { kernels, x in [map(x[0]) { kernels.activate(f, $0, into: $1) }] },
            Operator("\(f)Backward", inputs: 2) { kernels, x in [map(x[0], x[1]) { kernels.activateBackward(f, $0, dy: $1, into: $2) }] },
            Operator("\(f)Gate", inputs: 2) { kernels, x in [map(x[0], x[1]) { kernels.gate(f, $0, $1, into: $2) }] },
            Operator("\(f)GateBackward", inputs: 3) { kernels, x in
                var dUp = Matrix.like(x[0])
                let dGate = map(x[0], x[1]) { gate, up, dGate in
                    x[2].read { dy in
                        dUp.write { kernels.gateBackward(f, gate, up, dy: dy, gateGradient: dGate, upGradient: $0) }
                    }
                }
                return [dGate, dUp]
            },
        ]
    }

    static let sums = [
        Operator("add", inputs: 2) { kernels, x in [map(x[0], x[1]) { kernels.add($0, $1, into: $2) }] },
        Operator("addBias") { kernels, x in
            let bias = weights(x[0].columns)
            return [map(x[0]) { x, y in bias.read { kernels.addBias(x, $0.base, into: y) } }]
        },
        Operator("addScaled", inputs: 2) { kernels, x in
            var y = x[1]
            x[0].read { x in y.write { kernels.addScaled(x, by: -0.7, to: $0) } }
            return [y]
        },
        Operator("scale") { kernels, x in
            var y = x[0]
            y.write { kernels.scale($0, by: 1.3) }
            return [y]
        },
    ]
}

extension Operator {
    /// The random numbers of a row depend on its number: not by row.
    static let dropout = Operator("dropout", byRow: false) { kernels, x in
        [map(x[0]) { kernels.dropout(Dropout(rate: 0.3, seed: 99, stream: 7), $0, into: $1) }]
    }

    /// Each row with its own row of the weights, and with it again.
    static let dots = Operator("dots", inputs: 2) { kernels, x in
        var result = Matrix(x[0].count, 2)
        let ids = (0..<2 * x[0].count).map { Int32($0 / 2) }, ends = (0..<x[0].count).map { Int32(2 * $0 + 2) }
        x[0].read { rows in
            x[1].read { weights in
                result.write { result in
                    ids.withUnsafeBufferPointer { ids in
                        ends.withUnsafeBufferPointer { kernels.dots(rows, weights, ids: ids, ends: $0, into: result.base) }
                    }
                }
            }
        }
        return [result]
    }

    static let gather = Operator("gather", byRow: false) { kernels, x in
        let ids = identifiers(x[0].count)
        return [
            map(x[0]) { x, y in ids.withUnsafeBufferPointer { kernels.gather(x, $0, into: y) } },
            map(x[0]) { x, y in ids.withUnsafeBufferPointer { kernels.gather(x, $0, into: y, accumulate: true) } },
        ]
    }

    static let scatterAdd = Operator("scatterAdd", byRow: false) { kernels, x in
        let ids = identifiers(x[0].count)
        return [map(x[0]) { x, y in ids.withUnsafeBufferPointer { kernels.scatterAdd(x, $0, to: y) } }]
    }

    /// Some rows several times, some never.
    static func identifiers(_ count: Int) -> [Int32] { (0..<count).map { Int32($0 * $0 % max(count, 1)) } }

    static let adamW = Operator("adamW", inputs: 4, byRow: false) { kernels, x in
        var p = x[0].values, m = x[1].values, v = x[2].values.map(abs)
        var squares = Matrix(1, 1)
        x[3].values.withUnsafeBufferPointer { g in
            p.withUnsafeMutableBufferPointer { p in
                m.withUnsafeMutableBufferPointer { m in
                    v.withUnsafeMutableBufferPointer { v in
                        kernels.step(
                            AdamW(), number: 3, learningRate: 0.01, weightDecay: 0.1, gradientScale: 0.5, gradients: g, parameters: p,
                            first: m, second: v)
                    }
                }
            }
            squares.values[0] = Float(kernels.sumOfSquares(g, workspace: Workspace()))
        }
        return [p, m, v].map { values in
            var matrix = Matrix.like(x[0])
            matrix.values = values
            return matrix
        } + [squares]
    }

    /// Rows as one head each, at position 13.
    static let rotations = [(true, false), (false, false), (true, true), (false, true)].map { interleaved, inverse in
        Operator("rotate\(interleaved ? " interleaved" : "")\(inverse ? " back" : "")") { kernels, x in
            let pairs = x[0].columns / 2
            let table = RotaryTable(
                frequencies: RotaryTable.frequencies(base: 10_000, pairs: pairs), positions: 14, interleaved: interleaved)
            var y = x[0]
            let positions = [Int32](repeating: 13, count: x[0].count)
            y.write { y in
                positions.withUnsafeBufferPointer { kernels.rotate(y, heads: 1, positions: $0, table: table, inverse: inverse) }
            }
            return [y]
        }
    }
}

extension Matrix {
    /// Zeros in the other's shape.
    static func like(_ other: Matrix) -> Matrix { Matrix(other.count, other.columns) }

    /// One row as a matrix.
    func row(_ row: Int) -> Matrix {
        var matrix = Matrix(1, columns)
        matrix.values = Array(values[row * columns..<(row + 1) * columns])
        return matrix
    }
}

/// What `body` writes for one matrix.
func map(_ x: Matrix, _ body: (Rows, MutableRows) -> Void) -> Matrix {
    var y = Matrix.like(x)
    x.read { x in y.write { body(x, $0) } }
    return y
}

/// What `body` writes for two.
func map(_ a: Matrix, _ b: Matrix, _ body: (Rows, Rows, MutableRows) -> Void) -> Matrix {
    b.read { b in map(a) { body($0, b, $1) } }
}
