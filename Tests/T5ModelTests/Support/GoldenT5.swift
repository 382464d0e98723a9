import Foundation
import Kernels
import ModelFiles
import T5Model
import Testing

/// A small random T5 and what `transformers` made of one batch of it: golden data of another program, see its README for layout and
/// tolerances.
struct GoldenT5: Sendable, CustomTestStringConvertible {
    /// `relu`: T5 1.0, tied; `gated-gelu`: T5 1.1, with a head of its own.
    let model: String
    /// `ids`: tokens alone; `embeds`: with soft prompts and whole-word embeddings.
    let variant: String

    static let all = ["relu", "gated-gelu"].flatMap { model in ["ids", "embeds"].map { GoldenT5(model: model, variant: $0) } }
    static let models = [GoldenT5(model: "relu", variant: "embeds"), GoldenT5(model: "gated-gelu", variant: "embeds")]

    var testDescription: String { "\(model), \(variant)" }

    func folder() throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appendingPathComponent("t5/\(model)").path
    }

    func parameters() throws -> T5Parameters { try Checkpoint.load(folder()) }
    func reference() throws -> SafetensorsFile { try SafetensorsFile(path: "\(folder())/\(variant).safetensors") }

    /// A tensor of one number.
    func number(_ name: String) throws -> Double { Double(try reference().tensor(name).floats()[0]) }

    /// The batch's rows, without their padding.
    struct Sequence {
        var tokens: [Int32] = []
        var wholeWords: [Int32]?
        var task: Int?
        var labels: [Int32] = []
    }

    func sequences() throws -> [Sequence] {
        let file = try reference()
        func rows(_ name: String) throws -> [[Int32]] {
            let tensor = try file.tensor(name), numbers = try tensor.integers().map(Int32.init), columns = tensor.shape.last ?? 1
            return stride(from: 0, to: numbers.count, by: columns).map { Array(numbers[$0..<$0 + columns]) }
        }
        let ids = try rows("in.input_ids"), mask = try rows("in.attention_mask"), labels = try rows("in.labels")
        let words = try rows("in.whole_word_ids"), tasks = try file.tensor("in.task_ids").integers()
        return ids.indices.map { row in
            let length = Int(mask[row].reduce(0, +)), isPlain = variant == "ids"
            return Sequence(
                tokens: Array(ids[row][..<length]), wholeWords: isPlain ? nil : Array(words[row][..<length]),
                task: isPlain ? nil : tasks[row], labels: labels[row].filter { $0 != -100 })
        }
    }

    func batch(_ configuration: T5Configuration, _ rows: [Int]? = nil) throws -> T5Batch {
        var batch = T5Batch(configuration)
        for (row, sequence) in try sequences().enumerated() where rows?.contains(row) ?? true { try batch.append(sequence) }
        return batch
    }

    /// The rows of a padded [B, rows, columns] tensor that are of `spans`, one sequence after the other.
    func unpadded(_ name: String, _ spans: [Range<Int>]) throws -> [Float] {
        let tensor = try reference().tensor(name), numbers = try tensor.floats(), rows = tensor.shape[1], columns = tensor.shape[2]
        return spans.enumerated().flatMap { sequence, span in
            numbers[sequence * rows * columns..<(sequence * rows + span.count) * columns]
        }
    }
}

extension T5Batch {
    mutating func append(_ sequence: GoldenT5.Sequence) throws {
        try append(tokens: sequence.tokens, wholeWords: sequence.wholeWords, task: sequence.task, labels: sequence.labels)
    }
}

extension Rows {
    var numbers: [Float] { (0..<count).flatMap { Array(UnsafeBufferPointer(start: self[$0], count: columns)) } }
}

/// The largest difference between two lists; infinite where they differ in length, or one has what is no number.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { ($1.0 - $1.1).isFinite ? max($0, abs($1.0 - $1.1)) : .infinity }
}

extension Kernels {
    static func test(threads: Int = 2, _ set: InstructionSet? = nil) throws -> Kernels {
        try set.map { try Kernels(instructionSet: $0, team: ThreadTeam(threads: threads)) }
            ?? Kernels.fromEnvironment(team: ThreadTeam(threads: threads))
    }
}

/// |a - b| / |b|.
func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
    let difference = zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    return (difference / b.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}
