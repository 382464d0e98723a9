import Kernels
import Testing

/// The table of cases: every operation on rows, on every instruction set, for shapes with 0, 1, odd, prime and tail sizes.
struct OperatorCase: Sendable, CustomTestStringConvertible {
    let operation: Operator
    let set: InstructionSet

    var testDescription: String { "\(operation.name) \(set.rawValue)" }

    static let shapes = [
        (0, 5), (4, 0), (1, 1), (3, 2), (5, 8), (2, 15), (17, 16), (7, 31), (3, 33), (67, 64), (130, 65), (2, 257), (3, 16_411),
    ]
    static let all = SupportedSets.all.flatMap { set in Operator.all.map { OperatorCase(operation: $0, set: set) } }

    func inputs(_ rows: Int, _ columns: Int) -> [Matrix] {
        (0..<operation.inputs).map { input in
            var matrix = Matrix.random(rows, columns, seed: UInt64(input + 1))
            // Beyond the range in which the activations bend.
            for i in matrix.values.indices { matrix.values[i] *= 8 }
            return matrix
        }
    }
}

@Suite struct OperatorTests {
    @Test("Every operation agrees with its slow twin", arguments: OperatorCase.all)
    func agreesWithTwin(_ test: OperatorCase) {
        let kernels = SupportedSets.kernels(test.set)
        for (rows, columns) in OperatorCase.shapes {
            let inputs = test.inputs(rows, columns)
            let results = test.operation.run(kernels, inputs), expected = test.operation.run(SupportedSets.reference, inputs)
            for (index, (result, twin)) in zip(results, expected).enumerated() {
                // A single number may be what is left of two that cancel: it is measured against 1.
                let error = rows * columns == 1 ? meanSquareError(result, twin) : normalisedMeanSquareError(result, twin)
                #expect(error < 1e-11, "result \(index) of [\(rows), \(columns)]")
            }
        }
    }

    @Test("A row's bits do not depend on the other rows, nor any on the threads", arguments: OperatorCase.all)
    func independence(_ test: OperatorCase) {
        let kernels = SupportedSets.kernels(test.set)
        for (rows, columns) in [(7, 31), (130, 65), (3, 16_411)] {
            let inputs = test.inputs(rows, columns)
            let results = test.operation.run(kernels, inputs)
            for threads in [1, 5] {
                let again = test.operation.run(SupportedSets.make(test.set, team: SupportedSets.team(threads)), inputs)
                #expect(again.map(\.bits) == results.map(\.bits), "\(threads) threads, [\(rows), \(columns)]")
            }
            guard test.operation.byRow else { continue }
            for row in [0, rows - 1] {
                let alone = test.operation.run(kernels, inputs.map { $0.row(row) })
                #expect(alone.map(\.bits) == results.map { $0.row(row).bits }, "row \(row) of [\(rows), \(columns)]")
            }
        }
    }

    @Test("NaN in a row comes out of it, and of no other", arguments: OperatorCase.all.filter { $0.operation.byRow })
    func notANumber(_ test: OperatorCase) {
        let kernels = SupportedSets.kernels(test.set)
        for column in [0, 16, 36] {
            for input in 0..<test.operation.inputs {
                var inputs = test.inputs(5, 37)
                let clean = test.operation.run(kernels, inputs)
                inputs[input][2, column] = .nan
                let results = test.operation.run(kernels, inputs)
                #expect(results.contains { !$0.row(2).values.allSatisfy(\.isFinite) }, "input \(input), column \(column)")
                for row in [0, 1, 3, 4] {
                    #expect(results.map { $0.row(row).bits } == clean.map { $0.row(row).bits }, "row \(row)")
                }
            }
        }
    }

    @Test("Infinity does not come out as an ordinary number", arguments: OperatorCase.all.filter { $0.operation.byRow })
    func infinity(_ test: OperatorCase) {
        // Where the result is a number by definition: a limit (ReLU below, SiLU's and GELU's slope above) or a share of nothing.
        let kernels = SupportedSets.kernels(test.set)
        for input in 0..<test.operation.inputs {
            var inputs = test.inputs(3, 37)
            inputs[input][1, 5] = .infinity
            let finite = test.operation.run(kernels, inputs).map { $0.row(1).values.allSatisfy(\.isFinite) }
            let twin = test.operation.run(SupportedSets.reference, inputs).map { $0.row(1).values.allSatisfy(\.isFinite) }
            #expect(finite == twin, "input \(input)")
        }
    }

    @Test(
        "Numbers whose squares overflow give what float64 gives",
        arguments: OperatorCase.all.filter { test in (Operator.norms + Operator.activations).contains { $0.name == test.operation.name } })
    func largeNumbers(_ test: OperatorCase) {
        let kernels = SupportedSets.kernels(test.set)
        for size: Float in [2e19, -3e19, 1e30, 3e38, -3e38] {
            var inputs = test.inputs(3, 37)
            for column in [0, 5, 36] { inputs[0][1, column] = size }
            let results = test.operation.run(kernels, inputs), twins = test.operation.run(SupportedSets.reference, inputs)
            for (index, (result, twin)) in zip(results, twins).enumerated() {
                let wrong = result.values.indices.filter { i in
                    let (value, expected) = (result.values[i], twin.values[i])
                    guard value.isFinite, expected.isFinite else { return value.isFinite != expected.isFinite }
                    return abs(value - expected) > 1e-4 * (1 + abs(expected))
                }
                #expect(wrong.isEmpty, "result \(index) with \(size): elements \(wrong.prefix(5))")
            }
        }
    }
}
