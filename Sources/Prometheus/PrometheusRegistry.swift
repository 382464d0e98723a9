import Locks
package import Metrics

/// A backend of swift-metrics that prints its metrics in Prometheus' text exposition format 0.0.4.
///
/// | swift-metrics | Prometheus |
/// | --- | --- |
/// | Counter, FloatingPointCounter | counter |
/// | Meter, Gauge, Recorder with `aggregate: false` | gauge |
/// | Timer | histogram, in seconds |
/// | Recorder with `aggregate: true` | histogram |
///
/// A label is the metric's name and a dimension a label, each with what the format does not allow replaced by `_`; nothing is
/// appended, so name counters `..._total` and timers `..._seconds`. The same label with the same dimensions, in any order, is
/// one series. Destroying a metric takes its series out of the output at once, for all who share it; whoever makes it again
/// starts from zero.
///
/// **Conflicts.** The first metric under a name decides its kind. One of another kind under the same name, or one that would
/// print a sample under it (`x_count` beside a timer `x`), works but is not shown; a comment at the end of the output says so.
/// The same happens to series beyond `seriesLimit` of one name, so that dimensions made of a peer's input cannot fill the memory.
///
/// All members may be used from any thread. Counters and gauges are updated without a lock.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    /// The HTTP Content-Type of what `render` returns.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let timerBuckets: Buckets
    private let recorderBuckets: Buckets
    private let bucketsByName: [String: Buckets]
    private let families: Locked<Families>
    private let helps = Locked<[String: String]>([:])

    /// - Parameters:
    ///   - timerBuckets: of timers that `buckets` does not name; in seconds.
    ///   - recorderBuckets: of aggregating recorders that `buckets` does not name; in the recorder's own unit.
    ///   - buckets: by label, as given to the timer or recorder.
    ///   - seriesLimit: the number of series that one name may have; at least 1.
    package init(
        timerBuckets: Buckets = .seconds, recorderBuckets: Buckets = .sizes, buckets: [String: Buckets] = [:], seriesLimit: Int = 1000
    ) {
        self.timerBuckets = timerBuckets
        self.recorderBuckets = recorderBuckets
        bucketsByName = Dictionary(buckets.map { (metricName($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
        families = Locked(Families(seriesLimit: max(1, seriesLimit)))
    }

    /// Sets the HELP text of the metrics with this label, whether they exist already or not. Any text; the last one counts.
    package func setHelp(_ text: String, for label: String) {
        helps.withLock { $0[metricName(label)] = text }
    }

    /// The whole exposition, sorted by name and then by labels; empty when there are no metrics.
    package func render() -> String {
        let snapshot = families.withLock { $0 }
        let helps = helps.withLock { $0 }
        var exposition = Exposition()
        let sorted = snapshot.families.sorted { $0.key < $1.key }
        for (name, family) in sorted {
            exposition.add(name, family, help: helps[name])
        }
        for (name, family) in sorted where family.refusedSeriesCount > 0 {
            let refused = family.refusedSeriesCount
            exposition.comment("LIMIT \(name) has \(snapshot.seriesLimit) series; \(refused) requests for more are not shown")
        }
        for (_, sentence) in snapshot.conflicts.sorted(by: { $0.key < $1.key }) {
            exposition.comment("CONFLICT \(sentence)")
        }
        return exposition.text
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(.counter, label, dimensions) { CounterCell(place: $0) }
    }

    package func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        cell(.counter, label, dimensions) { CounterCell(place: $0) }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(.gauge, label, dimensions) { GaugeCell(place: $0) }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return cell(.gauge, label, dimensions) { GaugeCell(place: $0) } }
        return cell(.recorder, label, dimensions) { HistogramCell(place: $0, buckets: bucketsByName[$0.name] ?? recorderBuckets) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(.timer, label, dimensions) { HistogramCell(place: $0, buckets: bucketsByName[$0.name] ?? timerBuckets) }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// The shared cell, or one that nobody prints where there is a conflict.
    private func cell<C: Cell>(_ kind: Families.Kind, _ label: String, _ dimensions: [(String, String)], make: (Place) -> C) -> C {
        let place = Place(name: metricName(label), labels: labelText(dimensions, isHistogram: kind.isHistogram))
        return families.withLock { $0.cell(kind, at: place) { make(place) } } ?? make(place)
    }

    private func remove(_ handler: AnyObject) {
        guard let cell = handler as? any Cell else { return }
        families.withLock { $0.remove(cell) }
    }
}
