internal import Foundation

/// Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten, from at or below the least value to at or above the greatest.
package struct NiceTicks: Sendable, Hashable {
    /// Rising, at least two.
    package let values: [Double]
    private let decimals: Int

    /// - Parameters:
    ///   - values: all finite; none stands for 0 to 1.
    ///   - most: intervals, about.
    ///   - integers: whether nothing between whole numbers is to be marked.
    package init(_ values: some Sequence<Double>, most: Int = 6, integers: Bool = false) {
        var least = values.min() ?? 0, greatest = values.max() ?? 1
        // A width that is nothing beside the numbers is none: ticks would not differ.
        if greatest - least <= max(abs(least), abs(greatest)) * 1e-9 {
            let half = least == 0 ? 0.5 : abs(least) / 10
            (least, greatest) = (least - half, greatest + half)
        }
        var step = Self.step((greatest - least) / Double(most))
        if integers { step = max(1, step) }
        let first = (least / step + 1e-9).rounded(.down), last = max(first + 1, (greatest / step - 1e-9).rounded(.up))
        self.values = (0...Int(last - first)).map { (first + Double($0)) * step }
        decimals = min(12, max(0, Int((-log10(step) + 1e-9).rounded(.up))))
    }

    package var range: ClosedRange<Double> { values[0]...values[values.count - 1] }

    /// With as many decimals as the step has.
    package func label(_ value: Double) -> String {
        let text = String(format: "%.\(decimals)f", value)
        return text.contains { ("1"..."9").contains($0) } || !text.hasPrefix("-") ? text : String(text.dropFirst())
    }

    /// The least nice number that is not below `least`.
    private static func step(_ least: Double) -> Double {
        let power = pow(10, log10(least).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? 10 * power
    }
}
