package import Wire

/// How a job stands, from what a watch of it tells: the line that is written over, and a line for each epoch of a training.
///
/// A watch that begins again tells everything again. Pure.
package struct JobProgress: ProgressReport {
    private var job = Job()
    private var rate: Double?
    private var remaining: Double?
    /// Values by step, of each name.
    private var curves: [String: [UInt64: Double]] = [:]
    private var toldEpochs: Set<UInt64> = []

    package init() {}

    /// - Returns: A line for each epoch that has been validated and was not told.
    package mutating func take(_ event: JobEvent) -> [String] {
        if let job = event.job { self.job = job }
        rate = event.itemsPerSecond > 0 ? event.itemsPerSecond : nil
        remaining = event.remainingSeconds > 0 ? event.remainingSeconds : nil
        for metric in event.metrics { curves[metric.name, default: [:]][metric.step] = metric.value }
        return Set(validated.keys).subtracting(toldEpochs).sorted().compactMap { epoch in
            toldEpochs.insert(epoch)
            return line(ofEpoch: epoch)
        }
    }

    // MARK: A training's epochs

    /// HR@10 by epoch, or where that is not measured another figure of the validation: an epoch that has one has ended.
    private var validated: [UInt64: Double] {
        guard job.kind == "training" else { return [:] }
        return [JobFigures.hitRate, JobFigures.gain, "loss"].lazy.compactMap { curves[JobFigures.validation + $0] }.first ?? [:]
    }

    /// As in `epoch 3: loss 4.213, validation loss 4.301, HR@10 0.0912, NDCG@10 0.0480`.
    private func line(ofEpoch epoch: UInt64) -> String {
        func measured(_ name: String) -> Double? { curves[JobFigures.validation + name]?[epoch] }
        var parts: [String] = []
        // The mean of its steps; that of single steps goes up and down.
        let soFar = lossCurve.filter { $0.key <= epoch }.max { $0.key < $1.key }?.value
        if let loss = curves[JobFigures.trainingLoss]?[epoch] ?? soFar ?? losses.last { parts.append("loss \(decimal(loss, 3))") }
        var validation = measured("loss").map { ["loss \(decimal($0, 3))"] } ?? []
        let ranking = rankingFigures(measured(JobFigures.hitRate), measured(JobFigures.gain))
        if !ranking.isEmpty { validation.append(ranking) }
        parts.append("validation \(validation.joined(separator: ", "))")
        return "epoch \(epoch): \(parts.joined(separator: ", "))"
    }

    /// The loss that is shown, by epoch.
    private var lossCurve: [UInt64: Double] { JobFigures.shownLoss(curves.keys).flatMap { curves[$0] } ?? [:] }
    private var losses: [Double] { lossCurve.sorted { $0.key < $1.key }.map(\.value) }

    private func newest(_ name: String) -> Double? { curves[name]?.max { $0.key < $1.key }?.value }

    // MARK: The line

    package var fraction: Double? { gauge.fraction }
    package var curve: [Double] { job.kind == "training" ? losses : [] }

    private var gauge: Gauge {
        Gauge(done: Int(clamping: job.done), total: Int(clamping: job.total), rate: rate, remaining: remaining)
    }

    /// As in `epoch 4, 40 %, loss 4.213, HR@10 0.0912, NDCG@10 0.0480, 12,345 tokens/s, 3:20 left` of a training, and of others as a gauge
    /// has it; what the job says of itself behind it.
    package var text: String {
        if job.state == .queued { return "waits for its turn" }
        let text = job.kind == "training" ? trainingText : gauge.text
        return job.message.isEmpty ? text : "\(text); \(printable(job.message))"
    }

    private var trainingText: String {
        var parts: [String] = []
        if let loss = losses.last {
            parts.append("epoch \((validated.keys.max() ?? 0) + 1)")
            if let fraction { parts.append("\(Int(min(fraction, 1) * 100)) %") }
            parts.append("loss \(decimal(loss, 3))")
        } else if job.total > 0 {
            parts.append("\(thousands(job.done)) of \(thousands(job.total))")
        } else {
            parts.append("prepares")
        }
        let ranking = rankingFigures(
            newest(JobFigures.validation + JobFigures.hitRate), newest(JobFigures.validation + JobFigures.gain))
        if !ranking.isEmpty { parts.append(ranking) }
        if let speed = newest(JobFigures.tokensPerSecond), speed.isFinite, speed >= 0, speed < 1e15 {
            parts.append("\(thousands(Int(speed))) tokens/s")
        }
        if let remaining { parts.append("\(Self.clock(remaining)) left") }
        return parts.joined(separator: ", ")
    }
}
