package import LlamaModel
internal import Locks
package import Metrics
internal import RPC
internal import Transport
package import Wire

/// What a teacher tells Prometheus of itself; Deploy/teacherd.md has the table. Safe from any thread.
package final class TeacherMetrics: Sendable {
    private let factory: any MetricsFactory
    private let cacheHits: Counter
    private let cacheMisses: Counter
    private let firstChunk: Metrics.Timer
    private let rationaleTime: Metrics.Timer
    private let gauges: [Gauge: Meter]
    private let counted = Locked<[Count: (counter: Counter, told: UInt64)]>([:])
    private let infoTold = Locked(false)

    private enum Gauge: String, CaseIterable {
        case queuedInteractive, queuedBulk
        case oldestQueued = "rdrec_teacher_oldest_queued_seconds"
        case running = "rdrec_teacher_running"
        case freeSlots = "rdrec_teacher_free_slots"
        case workers = "rdrec_teacher_workers"
        case cachedBytes = "rdrec_teacher_cache_bytes"
        case pagesHeld, pagesCached, pagesFree
        case stepTime = "rdrec_teacher_engine_step_seconds"
        case stalled = "rdrec_teacher_engine_stalled_seconds"

        var series: (name: String, labels: [(String, String)]) {
            switch self {
            case .queuedInteractive: ("rdrec_teacher_queue_depth", [("priority", "interactive")])
            case .queuedBulk: ("rdrec_teacher_queue_depth", [("priority", "bulk")])
            case .pagesHeld: ("rdrec_teacher_engine_pages", [("state", "held")])
            case .pagesCached: ("rdrec_teacher_engine_pages", [("state", "cached")])
            case .pagesFree: ("rdrec_teacher_engine_pages", [("state", "free")])
            default: (rawValue, [])
            }
        }
    }

    private struct Count: Hashable {
        let name: String
        var labels: [String] = []
    }

    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        cacheHits = Counter(label: "rdrec_teacher_cache_total", dimensions: [("result", "hit")], factory: factory)
        cacheMisses = Counter(label: "rdrec_teacher_cache_total", dimensions: [("result", "miss")], factory: factory)
        firstChunk = Metrics.Timer(label: "rdrec_teacher_first_token_seconds", preferredDisplayUnit: .seconds, factory: factory)
        rationaleTime = Metrics.Timer(label: "rdrec_teacher_rationale_seconds", preferredDisplayUnit: .seconds, factory: factory)
        gauges = Dictionary(
            uniqueKeysWithValues: Gauge.allCases.map {
                ($0, Meter(label: $0.series.name, dimensions: $0.series.labels, factory: factory))
            })
    }

    // MARK: As it happens

    func cache(hit: Bool) { (hit ? cacheHits : cacheMisses).increment() }

    func firstToken(after time: Duration) { firstChunk.recordNanoseconds(Nanoseconds(time).count) }

    /// - Parameter code: how it ended.
    func rationale(_ code: StatusCode, after time: Duration) {
        Counter(label: "rdrec_teacher_rationales_total", dimensions: [("outcome", code.description)], factory: factory).increment()
        if code == .ok { rationaleTime.recordNanoseconds(Nanoseconds(time).count) }
    }

    // MARK: When somebody looks

    package func tell(_ load: BrokerLoad, cachedBytes: Int) {
        gauges[.queuedInteractive]?.set(Double(load.queuedInteractive))
        gauges[.queuedBulk]?.set(Double(load.queuedBulk))
        gauges[.oldestQueued]?.set(load.oldestQueued.map { $0 / .seconds(1) } ?? 0)
        gauges[.running]?.set(Double(load.running))
        gauges[.freeSlots]?.set(Double(load.freeSlots))
        gauges[.workers]?.set(Double(load.workers.count))
        gauges[.cachedBytes]?.set(Double(cachedBytes))
        tell(load.lostWorkers, "rdrec_teacher_lost_workers_total")
        tell(load.repeats, "rdrec_teacher_repeated_assignments_total")
    }

    package func tell(_ load: GeneratorLoad) {
        gauges[.pagesHeld]?.set(Double(load.heldPages))
        gauges[.pagesCached]?.set(Double(load.cachedPages))
        gauges[.pagesFree]?.set(Double(load.freePages))
        gauges[.stepTime]?.set(load.lastStep / .seconds(1))
        gauges[.stalled]?.set(load.stalledFor / .seconds(1))
        for (kind, count) in [
            ("prompt", load.promptTokens), ("prompt_cached", load.cachedTokens), ("generated", load.generatedTokens),
            ("drafted", load.draftedTokens), ("draft_accepted", load.acceptedTokens),
        ] {
            tell(count, "rdrec_teacher_engine_tokens_total", ("kind", kind))
        }
        tell(load.steps, "rdrec_teacher_engine_steps_total")
        tell(load.finished, "rdrec_teacher_engine_requests_total", ("result", "finished"))
        tell(load.failed, "rdrec_teacher_engine_requests_total", ("result", "failed"))
    }

    /// The model and the kernels in use, as labels of a gauge that is always 1.
    package func tell(_ model: ModelInfo) {
        let isFirst = infoTold.withLock { told in
            defer { told = true }
            return !told
        }
        guard isFirst else { return }
        let labels = [
            ("model", model.name), ("digest", model.digest), ("quantization", model.quantization), ("kernels", model.instructionSet),
        ]
        Meter(label: "rdrec_teacher_info", dimensions: labels, factory: factory).set(1)
    }

    /// Adds what a count, which somebody else keeps, has grown by since it was told last.
    private func tell(_ count: UInt64, _ name: String, _ label: (String, String)? = nil) {
        let key = Count(name: name, labels: label.map { [$0.0, $0.1] } ?? [])
        counted.withLock { counted in
            var (counter, told) = counted[key] ?? (Counter(label: name, dimensions: label.map { [$0] } ?? [], factory: factory), 0)
            if count > told { counter.increment(by: Int64(clamping: count - told)) }
            told = max(told, count)
            counted[key] = (counter, told)
        }
    }
}
