package import Metrics
internal import Store
internal import Wire

/// What a student tells Prometheus of itself; Deploy/studentd.md has the table. Safe from any thread.
package final class StudentMetrics: Sendable {
    private let added, duplicates, refused, calls: Counter
    private let written, failed: Counter
    private let jobs: [JobKind: Meter]
    private let teachers: Meter
    private let serving: ServingMetrics

    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        func counter(_ name: String, _ result: String) -> Counter {
            Counter(label: name, dimensions: [("result", result)], factory: factory)
        }
        added = counter("rdrec_student_ingested_records_total", "added")
        duplicates = counter("rdrec_student_ingested_records_total", "duplicate")
        calls = counter("rdrec_student_ingested_records_total", "recorded")
        refused = counter("rdrec_student_ingested_records_total", "refused")
        written = counter("rdrec_student_distilled_reviews_total", "rationale")
        failed = counter("rdrec_student_distilled_reviews_total", "failed")
        jobs = Dictionary(
            uniqueKeysWithValues: JobKind.allCases.map {
                ($0, Meter(label: "rdrec_student_jobs_running", dimensions: [("kind", $0.rawValue)], factory: factory))
            })
        teachers = Meter(label: "rdrec_student_teachers_connected", factory: factory)
        for meter in jobs.values { meter.set(0) }
        teachers.set(0)
        serving = ServingMetrics(factory: factory)
    }

    func ingested(_ outcome: IngestOutcome) {
        switch outcome {
        case .added: added.increment()
        case .duplicate: duplicates.increment()
        case .refused: refused.increment()
        }
    }

    /// One interaction by a call of its own, new or not.
    func recorded() { calls.increment() }

    func distilled(_ outcomes: [DistillationOutcome]) {
        for outcome in outcomes {
            if case .rationale = outcome.result { written.increment() } else { failed.increment() }
        }
    }

    func running(_ kind: JobKind, _ count: Int) { jobs[kind]?.set(Double(count)) }

    func connected(teachers count: Int) { teachers.set(Double(count)) }

    // MARK: Serving

    func queued(_ queue: ServingMetrics.Queue, _ count: Int) { serving.queued(queue, count) }
    func ranked(_ count: Int, _ time: Duration) { serving.ranked(count, time) }
    func wrote(_ count: Int, _ time: Duration) { serving.wrote(count, time) }
    func modelFailed() { serving.modelFailed() }
    func answered(_ source: Source) { serving.answered(source) }
    func loaded(_ description: ModelDescription?, _ time: Duration) { serving.loaded(description, time) }
    func activates(_ description: ModelDescription) { serving.activates(description) }
}
