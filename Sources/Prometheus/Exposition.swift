/// Prints families in the text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
struct Exposition {
    private(set) var text = ""

    mutating func add(_ name: String, _ family: Families.Family, help: String?) {
        if let help { text += "# HELP \(name) \(escaped(help, quote: false))\n" }
        text += "# TYPE \(name) \(family.kind.type)\n"
        for (labels, cell) in family.series.sorted(by: { $0.key < $1.key }) {
            switch cell {
            case let counter as CounterCell: sample(name, labels, counter.text)
            case let gauge as GaugeCell: sample(name, labels, gauge.text)
            case let histogram as HistogramCell: add(name, labels, histogram)
            default: preconditionFailure("\(type(of: cell)) cannot be printed")
            }
        }
    }

    /// A line that every reader of the format skips.
    mutating func comment(_ text: String) {
        self.text += "# \(text)\n"
    }

    private mutating func add(_ name: String, _ labels: String, _ histogram: HistogramCell) {
        let contents = histogram.snapshot
        var total: UInt64 = 0
        for (bound, count) in zip(histogram.buckets.upperBounds + [.infinity], contents.counts) {
            total &+= count
            let bucket = "le=\"\(numberText(bound))\""
            sample(name + "_bucket", labels.isEmpty ? bucket : "\(labels),\(bucket)", "\(total)")
        }
        sample(name + "_sum", labels, numberText(contents.sum))
        sample(name + "_count", labels, "\(total)")
    }

    private mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }
}
