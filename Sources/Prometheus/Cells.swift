import Locks
import Metrics
import Synchronization

/// What one series is made of. Cells are shared: all handlers of one label and the same dimensions are one cell.
protocol Cell: AnyObject, Sendable {
    /// Where the cell is registered, so that `destroy` finds it again.
    var place: Place { get }
}

/// A series' family and its labels as they are printed.
struct Place: Sendable {
    let name: String
    let labels: String
}

/// A sum of whole and of fractional increments, which may be mixed. Whole ones are exact up to 2^64 and then wrap, which
/// Prometheus takes for a restart. Negative, infinite and NaN increments are ignored: a counter only rises.
final class CounterCell: Cell, CounterHandler, FloatingPointCounterHandler {
    let place: Place
    private let whole = Atomic<UInt64>(0)
    private let fractional = AtomicDouble()

    init(place: Place) { self.place = place }

    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(UInt64(amount), ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { fractional.add(amount) }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fractional.value = 0
    }

    var text: String {
        let rest = fractional.value
        let sum = whole.load(ordering: .relaxed)
        return rest == 0 ? "\(sum)" : numberText(Double(sum) + rest)
    }
}

/// The last value set. Any value may be set, NaN and the infinities too; only finite steps are added.
final class GaugeCell: Cell, MeterHandler, RecorderHandler {
    let place: Place
    private let current = AtomicDouble()

    init(place: Place) { self.place = place }

    func set(_ value: Int64) { current.value = Double(value) }
    func set(_ value: Double) { current.value = value }
    func record(_ value: Int64) { current.value = Double(value) }
    func record(_ value: Double) { current.value = value }

    func increment(by amount: Double) {
        if amount.isFinite { current.add(amount) }
    }

    func decrement(by amount: Double) {
        if amount.isFinite { current.add(-amount) }
    }

    var text: String { numberText(current.value) }
}

/// Counts per bucket, and a sum. One short lock, not atomics: buckets, sum and count of a scrape then agree with each other.
/// Values that are not finite are ignored, since one of them would spoil the sum for ever; negative durations count as 0.
final class HistogramCell: Cell, RecorderHandler, TimerHandler {
    struct Contents {
        /// Per bucket, not cumulative; the last one is `+Inf`.
        var counts: [UInt64]
        var sum = 0.0
    }

    let place: Place
    let buckets: Buckets
    private let contents: Locked<Contents>

    init(place: Place, buckets: Buckets) {
        self.place = place
        self.buckets = buckets
        contents = Locked(Contents(counts: Array(repeating: 0, count: buckets.upperBounds.count + 1)))
    }

    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }
    func recordNanoseconds(_ duration: Int64) { observe(Double(max(0, duration)) / 1e9) }

    private func observe(_ value: Double) {
        guard value.isFinite else { return }
        // The first bound that is not below the value.
        let bounds = buckets.upperBounds
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        contents.withLock {
            $0.counts[low] &+= 1
            $0.sum += value
        }
    }

    var snapshot: Contents { contents.withLock { $0 } }
}

/// A Double that many threads add to without a lock.
struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double {
        get { Double(bitPattern: bits.load(ordering: .relaxed)) }
        nonmutating set { bits.store(newValue.bitPattern, ordering: .relaxed) }
    }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: sum, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
