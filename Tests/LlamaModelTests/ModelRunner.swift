import Foundation
import Kernels
import LlamaModel
import ModelFiles

/// A model with pages for one sequence, for tests.
final class ModelRunner {
    let model: LlamaModel
    let pages: KeyValuePages
    private let table: [Int32]

    /// - Parameter path: The model's file; the default model when nil.
    init(_ precision: WeightPrecision, path: String? = nil, positions: Int = 2_048, half: Bool = false, threads: Int = 2) throws {
        let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: threads))
        let file = try GGUFFile(path: path ?? GoldenModel.path())
        let weights = try LlamaWeights(file, precision: precision, contextLength: positions, kernels: kernels)
        model = LlamaModel(weights, kernels: kernels)
        let count = (positions + 31) / 32
        pages = KeyValuePages(weights.configuration, pages: count, half: half)
        table = (0..<Int32(count)).reversed()
    }

    /// Feeds tokens from position `first` on, and calls `body` with the logits of the rows wanted, in the order of `outputs`.
    func feed<Result>(_ tokens: [Int32], at first: Int = 0, outputs: [Int32], _ body: ([UnsafeBufferPointer<Float>]) -> Result) -> Result {
        let positions = (first..<first + tokens.count).map(Int32.init)
        return table.withUnsafeBufferPointer { table in
            let sequences = [PagedSequence(rows: 0..<tokens.count, first: first, pages: table)]
            return tokens.withUnsafeBufferPointer { tokens in
                positions.withUnsafeBufferPointer { positions in
                    sequences.withUnsafeBufferPointer { sequences in
                        outputs.withUnsafeBufferPointer { outputs in
                            let batch = LlamaModel.Batch(tokens: tokens, positions: positions, sequences: sequences, outputs: outputs)
                            return model.step(batch, pages) { logits in
                                body((0..<logits.count).map { UnsafeBufferPointer(start: logits[$0], count: logits.columns) })
                            }
                        }
                    }
                }
            }
        }
    }

    static func logSum(_ logits: UnsafeBufferPointer<Float>) -> Double {
        let most = Double(logits.max() ?? 0)
        return most + log(logits.reduce(0.0) { $0 + exp(Double($1) - most) })
    }

    static func best(_ logits: UnsafeBufferPointer<Float>) -> Int32 { Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0) }

    /// Minus the log-probability of each token but the first, fed in pieces of `step`.
    func negativeLogLikelihoods(_ tokens: [Int32], step: Int = 256) -> [Double] {
        var result: [Double] = []
        for from in stride(from: 0, to: tokens.count - 1, by: step) {
            let to = min(from + step, tokens.count - 1)
            result += feed(Array(tokens[from..<to]), at: from, outputs: (0..<Int32(to - from)).map { $0 }) { rows in
                rows.enumerated().map { Self.logSum($1) - Double($1[Int(tokens[from + $0 + 1])]) }
            }
        }
        return result
    }

    /// The greedy continuation of a prompt, up to a token that ends it, which is its last.
    func greedy(_ prompt: [Int32], most: Int, ends: Set<Int32>) -> [Int32] {
        var next = feed(prompt, outputs: [Int32(prompt.count - 1)]) { Self.best($0[0]) }, result = [next]
        while result.count < most, !ends.contains(next) {
            next = feed([next], at: prompt.count + result.count - 1, outputs: [0]) { Self.best($0[0]) }
            result.append(next)
        }
        return result
    }
}
