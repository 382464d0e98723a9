import Evaluation
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct PlotTests {
    static let plot = LinePlot(
        title: "HR@10 & NDCG@10 <by epoch>", conditions: "validation, leave-one-out, whole catalogue of 900 items", xLabel: "epoch",
        yLabel: "share",
        series: [
            LinePlot.Series(name: "model", points: (1...12).map { LinePlot.Point(x: Double($0), y: 0.1 - 0.08 / Double($0)) }),
            LinePlot.Series(
                name: "without \"rationales\", which is a name too long for a legend",
                points: (1...12).map { LinePlot.Point(x: Double($0), y: $0 == 6 ? .nan : 0.09 - 0.07 / Double($0)) }),
        ])

    @Test func `Ticks are round, enclose all, and are not many`() {
        for _ in 0..<500 {
            let scale = pow(10, Double.random(in: -8...8)), start = Double.random(in: -3...3) * scale
            let values = (0..<5).map { _ in start + Double.random(in: 0...1) * scale }
            let ticks = NiceTicks(values)
            #expect((2...8).contains(ticks.values.count))
            let slack = scale * 1e-6
            #expect(ticks.range.lowerBound <= (values.min() ?? 0) + slack && ticks.range.upperBound >= (values.max() ?? 0) - slack)
            #expect(Set(ticks.values.map { ticks.label($0) }).count == ticks.values.count)
        }
        #expect(NiceTicks([0, 1]).values.map { NiceTicks([0, 1]).label($0) } == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(NiceTicks([1, 4], most: 8, integers: true).values == [1, 2, 3, 4])
        #expect(NiceTicks([7, 7]).range.contains(7) && NiceTicks([]).values.count > 1 && NiceTicks([0, 0]).range.contains(0))
        let signed = NiceTicks([-0.3, 0.4])
        #expect(signed.values.contains { signed.label($0) == "0.0" })
    }

    @Test func `A plot is well-formed XML with each line, gap and label`() throws {
        let svg = Self.plot.svg
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(svg.contains("HR@10 &amp; NDCG@10 &lt;by epoch&gt;") && svg.contains(Self.plot.conditions))
        #expect(svg.contains("prefers-color-scheme:dark") && svg.contains(">epoch<") && svg.contains(">share<"))
        #expect(svg.contains("without &quot;rationales&quot;, wh") && !svg.contains("a legend") && !svg.contains("nan"))
        // A gap begins a line anew.
        let lines = svg.split(separator: "\n").filter { $0.contains("class=\"line") && $0.contains("L") }
        #expect(lines.count == 2 && lines[0].count { $0 == "M" } == 1 && lines[1].count { $0 == "M" } == 2)
    }

    @Test func `Nothing measured is told`() throws {
        let empty = LinePlot(title: "\u{1}loss", conditions: "training", xLabel: "epoch", yLabel: "loss", series: [])
        #expect(empty.svg.contains("nothing measured") && XMLParser(data: Data(empty.svg.utf8)).parse())
        let point = LinePlot(
            title: "loss", conditions: "training", xLabel: "epoch", yLabel: "loss",
            series: [LinePlot.Series(name: "a", points: [LinePlot.Point(x: 1, y: 2), LinePlot.Point(x: 2, y: .infinity)])])
        #expect(!point.svg.contains("nothing measured") && !point.svg.contains("inf"))
    }
}
