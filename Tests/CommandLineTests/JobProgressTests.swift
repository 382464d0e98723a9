import Testing
import Wire
import rdrec

@Suite struct JobProgressTests {
    private func training(done: UInt64 = 10, total: UInt64 = 40, message: String = "", _ metrics: Metric...) -> JobEvent {
        let job = Job(jobID: "training-1", kind: "training", state: .running, done: done, total: total, message: message)
        return JobEvent(job: job, metrics: metrics, itemsPerSecond: 2, remainingSeconds: 75)
    }

    @Test func `A training tells epoch, loss, validation and speed`() {
        var progress = JobProgress()
        #expect(progress.take(training(done: 0, total: 0)).isEmpty && progress.text == "prepares, 1:15 left")
        #expect(progress.take(training(done: 1)).isEmpty && progress.text == "1 of 40, 1:15 left")
        let speed = Metric(name: "tokens_per_second", value: 12_345.6, step: 10)
        #expect(progress.take(training(Metric(name: "loss/sequential", value: 6.5, step: 10), speed)).isEmpty)
        #expect(progress.text == "epoch 1, 25 %, loss 6.500, 12,345 tokens/s, 1:15 left")
        let hits = Metric(name: "validation/hr@10", value: 0.05, step: 1), gain = Metric(name: "validation/ndcg@10", value: 0.025, step: 1)
        #expect(progress.take(training(hits, gain)) == ["epoch 1: loss 6.500, validation HR@10 0.0500, NDCG@10 0.0250"])
        #expect(progress.take(training(done: 39, message: "waits\u{7}", hits, gain)).isEmpty)
        let text = #"epoch 2, 97 %, loss 6.500, HR@10 0.0500, NDCG@10 0.0250, 12,345 tokens/s, 1:15 left; waits\u{7}"#
        #expect(progress.text == text && progress.fraction == 0.975)
    }

    @Test func `A watch that begins late tells all epochs in their order`() {
        var progress = JobProgress()
        let losses = [3, 1, 2].map { Metric(name: "validation/loss", value: Double($0), step: $0) }
        let event = JobEvent(job: training().job, metrics: losses + [Metric(name: "loss", value: 9, step: 1)])
        #expect(progress.take(event) == (1...3).map { "epoch \($0): loss 9.000, validation loss \($0).000" })
        #expect(progress.take(event).isEmpty && progress.text == "epoch 4, 25 %, loss 9.000")
    }

    @Test func `Each epoch has its own loss, whenever it is looked at`() {
        var progress = JobProgress()
        let metrics = (1...3).flatMap { epoch in
            ["loss/training", "validation/loss"].map { Metric(name: $0, value: 10 / Double(epoch), step: UInt64(epoch)) }
                + [Metric(name: "loss", value: 7, step: UInt64(epoch))]
        }
        let lines = ["10.000", "5.000", "3.333"].enumerated().map { "epoch \($0 + 1): loss \($1), validation loss \($1)" }
        #expect(progress.take(JobEvent(job: training().job, metrics: metrics)) == lines)
    }

    @Test func `The loss is a curve where there is room`() {
        var progress = JobProgress()
        for (step, loss) in [8.0, 6, 4, 2, 1].enumerated() {
            _ = progress.take(training(Metric(name: "loss/sequential", value: loss, step: UInt64(step))))
        }
        let text = "epoch 1, 25 %, loss 1.000, 1:15 left"
        #expect(progress.bar(width: text.count) == text && progress.bar(width: text.count + 13) == "[##........] \(text)")
        #expect(progress.bar(width: text.count + 19) == "[##........] █▆▄▂▁ \(text)")
        #expect(progress.bar(width: text.count + 29) == "[#####...............] █▆▄▂▁ \(text)")
    }

    @Test func `Other jobs are told as before, and none brings the command down`() {
        var progress = JobProgress()
        var job = Job(jobID: "a", kind: "evaluation", state: .queued)
        #expect(progress.take(JobEvent(job: job)).isEmpty && progress.text == "waits for its turn")
        (job.state, job.done, job.total) = (.running, 5, 10)
        let metrics = [Metric(name: "validation/hr@10", value: 1, step: 1)]
        #expect(progress.take(JobEvent(job: job, metrics: metrics, itemsPerSecond: 1, remainingSeconds: 5)).isEmpty)
        #expect(progress.text == "5 of 10, 1.0/s, 0:05 left" && progress.curve.isEmpty)
        for odd in [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1] {
            job.kind = "training"
            (job.done, job.total) = (.max, 3)
            let metrics = ["loss", "validation/hr@10", "tokens_per_second"].map { Metric(name: $0, value: odd, step: .max - 1) }
            _ = progress.take(JobEvent(job: job, metrics: metrics, itemsPerSecond: odd, remainingSeconds: odd))
            #expect(!progress.bar(width: 200).isEmpty)
            job.kind = "other"
            _ = progress.take(JobEvent(job: job, itemsPerSecond: odd, remainingSeconds: odd))
            #expect(!progress.bar(width: 200).isEmpty)
        }
    }
}
