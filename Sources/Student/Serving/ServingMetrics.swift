internal import Locks
internal import Metrics
internal import Transport
internal import Wire

/// What serving tells Prometheus; Deploy/studentd.md has the table. Safe from any thread.
final class ServingMetrics: Sendable {
    enum Queue: String, CaseIterable { case ranking, text }

    private let factory: any MetricsFactory
    private let sources: [Source: Counter]
    private let depths: [Queue: Meter]
    private let batches: [Queue: Recorder]
    private let times: [Queue: Metrics.Timer]
    private let failures: Counter
    private let loads, failedLoads: Counter
    private let loadTime: Metrics.Timer
    private let isServing: Meter
    /// Of the active version.
    private let info = Locked<Meter?>(nil)

    init(factory: any MetricsFactory) {
        self.factory = factory
        let names: [(Source, String)] = [(.model, "model"), (.itemNeighbours, "item_neighbours"), (.popularity, "popularity")]
        sources = Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, Counter(label: "rdrec_student_recommendations_total", dimensions: [("source", $1)], factory: factory))
            })
        func each<Value>(_ make: ([(String, String)]) -> Value) -> [Queue: Value] {
            Dictionary(uniqueKeysWithValues: Queue.allCases.map { ($0, make([("kind", $0.rawValue)])) })
        }
        depths = each { Meter(label: "rdrec_student_queue_depth", dimensions: $0, factory: factory) }
        batches = each { Recorder(label: "rdrec_student_batch_size", dimensions: $0, aggregate: true, factory: factory) }
        times = each {
            Metrics.Timer(label: "rdrec_student_batch_seconds", dimensions: $0, preferredDisplayUnit: .seconds, factory: factory)
        }
        failures = Counter(label: "rdrec_student_model_failures_total", factory: factory)
        loads = Counter(label: "rdrec_student_model_loads_total", dimensions: [("result", "loaded")], factory: factory)
        failedLoads = Counter(label: "rdrec_student_model_loads_total", dimensions: [("result", "failed")], factory: factory)
        loadTime = Metrics.Timer(label: "rdrec_student_model_load_seconds", preferredDisplayUnit: .seconds, factory: factory)
        isServing = Meter(label: "rdrec_student_model_serving", factory: factory)
        for meter in depths.values { meter.set(0) }
        isServing.set(0)
    }

    func answered(_ source: Source) { sources[source]?.increment() }

    func queued(_ queue: Queue, _ count: Int) { depths[queue]?.set(Double(count)) }

    func ranked(_ count: Int, _ time: Duration) { batch(.ranking, count, time) }
    func wrote(_ count: Int, _ time: Duration) { batch(.text, count, time) }

    private func batch(_ queue: Queue, _ count: Int, _ time: Duration) {
        batches[queue]?.record(count)
        times[queue]?.recordNanoseconds(Nanoseconds(time).count)
    }

    func modelFailed() { failures.increment() }

    /// - Parameter description: nil for a version that could not be loaded.
    func loaded(_ description: ModelDescription?, _ time: Duration) {
        guard description != nil else { return failedLoads.increment() }
        loads.increment()
        loadTime.recordNanoseconds(Nanoseconds(time).count)
    }

    func activates(_ description: ModelDescription) {
        let labels = [
            ("version", description.version), ("preset", description.preset), ("indexing", description.indexing),
            ("digest", description.digest),
        ]
        let meter = Meter(label: "rdrec_student_model_info", dimensions: labels, factory: factory)
        let last = info.withLock { info in
            defer { info = meter }
            return info
        }
        last?.destroy()
        meter.set(1)
        isServing.set(1)
    }
}
