import ArgumentParser
import Foundation
import Kernels
import T5Model
import Transport

/// The student at T5-small's shapes, beside PyTorch where it is there, and as a fraction of what the machine can do.
///
/// Each round measures both sides one after the other, with the same rows and the same number of threads; what counts is the median of
/// the rounds' ratios.
struct StudentSuite {
    let requests: StudentRequests
    let peer: PyTorch?
    let quick: Bool
    let threads: Int
    let kernels: Kernels
    /// The limits of the machine.
    let machine: KernelsSuite

    /// T5's, rounded up as its checkpoints have it.
    static let vocabulary = 32_128

    init(_ options: StudentOptions, quick: Bool, threads: Int) throws {
        requests = try options.readRequests()
        peer = try options.python.map { python in
            guard let file = options.requests else { throw ValidationError("--python needs --requests") }
            return try PyTorch(python: python, requests: file, threads: threads)
        }
        self.quick = quick
        self.threads = threads
        kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: threads))
        machine = try KernelsSuite(quick: quick, threads: threads)
    }

    /// - Parameter part: `train`, `sequential`, `topn` or `atomic`; all of them when nil.
    func run(_ part: String?, into report: inout Report) throws {
        print("student: t5-small shapes, \(kernels.instructionSet.rawValue), \(threads) threads")
        defer { peer?.stop() }
        if part == nil || part == "train" { try train(into: &report) }
        if part == nil || part == "sequential" { try beams("seq", "sequential", bar: 27, practiceBar: 4, into: &report) }
        if part == nil || part == "topn" { try beams("topn", "topn", bar: 13, practiceBar: 5, into: &report) }
        if part == nil || part == "atomic" { try atomic(into: &report) }
    }

    func configuration(items: Int = 0) -> T5Configuration {
        T5Preset.t5Small.configuration(vocabularyCount: Self.vocabulary + items, itemCount: items)
    }

    func parameters(_ configuration: T5Configuration) -> T5Parameters {
        let parameters = T5Parameters(configuration)
        parameters.initialize(seed: 1)
        return parameters
    }

    // MARK: Training

    private func batch(_ rows: [StudentRequests.Row], _ configuration: T5Configuration) throws -> T5Batch {
        var batch = T5Batch(configuration)
        for row in rows { try batch.append(tokens: row.prompt, task: row.task, labels: row.target) }
        return batch
    }

    private func train(into report: inout Report) throws {
        let configuration = configuration(), model = T5Model(parameters(configuration), kernels: kernels)
        var options = TrainingOptions(LearningRateSchedule(peak: 5e-4))
        options.maximumGradientNorm = 1
        let trainer = T5Trainer(model, options), cost = T5Cost(configuration, precision: model.weights.precision)
        let batches = try requests.train.map { try batch($0, configuration) }
        var rates: [Double] = [], fractions: [Double] = [], theirs: [String: [Double]] = [:], ratios: [String: [Double]] = [:]
        var operations: [Double] = []
        for round in 0...(quick ? 2 : 5) {
            let batch = batches[round % batches.count], before = peak()
            let begin = MonotonicTime.now()
            _ = try trainer.train(on: batch)
            let seconds = (.now() - begin).seconds, limit = max(before, peak())
            // The first round warms up.
            if round == 0 { continue }
            let rate = Double(batch.sequenceCount) / seconds
            rates.append(rate)
            operations.append(cost.trainingFLOPs(batch) / seconds)
            fractions.append(cost.trainingFLOPs(batch) / seconds / limit)
            guard let peer else { continue }
            // The slow ways once and twice: their seconds are many, and so differ little.
            for way in ["fp32", "bf16", "best"] where way == "best" || round <= (way == "bf16" ? 2 : 1) {
                let figure = try peer.measure("train", way).perSecond
                theirs[way, default: []].append(figure)
                ratios[way, default: []].append(rate / figure)
            }
        }
        report.add("student.train.samples_per_second", rates.median, unit: "samples/s", better: "higher")
        report.add("student.train.gflops", operations.median / 1e9, unit: "GFLOP/s", better: "higher")
        report.add("student.train.peak_fraction", fractions.median, unit: "fraction", better: "higher", bar: 0.5)
        for (way, name, bar) in [("fp32", "reference_fp32", 15.0), ("bf16", "reference_bf16", 10), ("best", "best_practice", 3)] {
            guard let ratio = ratios[way], let rate = theirs[way] else { continue }
            report.add("student.train.over_\(name)", ratio.median, unit: "ratio", better: "higher", bar: bar)
            report.add("student.train.\(name).samples_per_second", rate.median, unit: "samples/s", better: "higher")
        }
    }

    /// Operations a second of bfloat16 products in the set in use; NaN where it has none.
    private func peak() -> Double { machine.peak(kernels.instructionSet, "bf16")?() ?? .nan }
}
