internal import Store
internal import Wire

extension StoreCase {
    static let jobs = [
        StoreCase(name: "a job goes from queued to its end, and no further") { fixture in
            let store = try await fixture.open()
            let first = try await store.addJob(kind: .distillation, request: [7, 0, 255])
            let second = try await store.addJob(kind: .training, request: [])
            try expect(first.phase, .queued, "the phase")
            try expect(first.startedAt, 0, "the start")
            try expect(try await store.jobs(limit: 10).map(\.number), [second.number, first.number], "the newest first")
            try expect(try await store.unfinishedJobs().map(\.number), [first.number, second.number], "the oldest first")
            let running = try await store.update(first.number, JobChange(phase: .running, split: 3, total: 10, message: "goes"))
            try expect(running.startedAt > 0, "it has started")
            try expect(running.request, [7, 0, 255], "the request")
            let cancelling = try await store.update(first.number, JobChange(requestsCancel: true))
            try expect([cancelling.isCancelRequested, cancelling.phase == .running], [true, true], "it is to end")
            try expect([cancelling.total], [10], "the rest stays")
            let ended = try await store.update(first.number, JobChange(phase: .cancelled))
            try expect(ended.finishedAt > 0, "it has ended")
            try await expectError(.invalid, "a change of what has ended") {
                _ = try await store.update(first.number, JobChange(phase: .running))
            }
            try expect(try await store.update(first.number, JobChange(requestsCancel: true)), ended, "a cancel after the end")
            try expect(try await store.unfinishedJobs().map(\.number), [second.number], "what is unfinished")
            try await expectError(.notFound, "a job that is not there") { _ = try await store.job(JobNumber(rawValue: 99)) }
            await store.close()
        },
        StoreCase(name: "a job's figures stay, and those of a step that is done again take the place of the first") { fixture in
            let store = try await fixture.open()
            let job = try await store.addJob(kind: .training, request: []).number
            let first = [Metric(name: "loss", value: 3, step: 1), Metric(name: "loss", value: 2, step: 2)]
            _ = try await store.update(job, JobChange(phase: .running, done: 2, total: 9, modelVersion: "0003", metrics: first))
            let again = Metric(name: "loss", value: 1.5, step: 2), other = Metric(name: "hr@10", value: 0.25, step: 2)
            let told = try await store.update(job, JobChange(metrics: [again, other]))
            try expect(told.metrics, [first[0], again, other], "what the change brings back")
            try expect(try await store.job(job), told, "what is kept")
            try expect([told.done, told.total], [2, 9], "how far it is")
            try expect(told.modelVersion, "0003", "the version")
            await store.close()
        },
    ]
}
