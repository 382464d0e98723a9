/// Lines over a common axis, as an SVG of its own: readable on light and dark pages, and by who cannot tell colours apart (each line has its dashes).
package struct LinePlot: Sendable, Hashable {
    package struct Series: Sendable, Hashable {
        package var name: String
        /// From left to right. One whose y is no number is a gap.
        package var points: [Point]

        package init(name: String, points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    package struct Point: Sendable, Hashable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    package var title: String
    /// What the figures are measured by: none is shown without.
    package var conditions: String
    package var xLabel: String
    package var yLabel: String
    package var series: [Series]
    /// Whether x counts something.
    package var xIsWhole = true

    package init(title: String, conditions: String, xLabel: String, yLabel: String, series: [Series]) {
        self.title = title
        self.conditions = conditions
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series
    }

    private static let width = 860.0, height = 440.0
    /// Of the area that the lines are in; the legend is to its right.
    private static let left = 76.0, right = 620.0, top = 72.0, bottom = 384.0

    /// XML, without a prologue: to be put into a page as well as into a file.
    package var svg: String {
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let x = NiceTicks(points.map(\.x), most: 8, integers: xIsWhole), y = NiceTicks(points.map(\.y))
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.text(Self.width)) \(Self.text(Self.height))\" "
                + "role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">",
            "<title>\(Self.escaped(title))</title>", "<style>\(PlotColours.style)</style>",
            "<rect class=\"page\" width=\"100%\" height=\"100%\"/>",
            "<text class=\"ink\" x=\"16\" y=\"26\" font-size=\"17\" font-weight=\"600\">\(Self.escaped(title))</text>",
            "<text class=\"soft\" x=\"16\" y=\"48\">\(Self.escaped(conditions))</text>",
        ]
        for tick in x.values {
            let at = Self.text(place(tick, x))
            parts.append("<path class=\"grid\" d=\"M\(at) \(Self.text(Self.top))V\(Self.text(Self.bottom))\"/>")
            parts.append(
                "<text class=\"soft\" x=\"\(at)\" y=\"\(Self.text(Self.bottom + 20))\" text-anchor=\"middle\">\(x.label(tick))</text>")
        }
        for tick in y.values {
            let at = Self.text(height(tick, y))
            parts.append("<path class=\"grid\" d=\"M\(Self.text(Self.left)) \(at)H\(Self.text(Self.right))\"/>")
            parts.append(
                "<text class=\"soft\" x=\"\(Self.text(Self.left - 8))\" y=\"\(at)\" dy=\"4\" text-anchor=\"end\">\(y.label(tick))</text>")
        }
        let middle = (Self.left + Self.right) / 2, centre = (Self.top + Self.bottom) / 2
        parts.append(
            "<path class=\"axis\" d=\"M\(Self.text(Self.left)) \(Self.text(Self.top))V\(Self.text(Self.bottom))H\(Self.text(Self.right))\"/>"
        )
        parts.append(
            "<text class=\"ink\" x=\"\(Self.text(middle))\" y=\"\(Self.text(Self.bottom + 44))\" text-anchor=\"middle\">"
                + "\(Self.escaped(xLabel))</text>")
        parts.append(
            "<text class=\"ink\" transform=\"translate(18 \(Self.text(centre))) rotate(-90)\" text-anchor=\"middle\">"
                + "\(Self.escaped(yLabel))</text>")
        if points.isEmpty {
            parts.append(
                "<text class=\"soft\" x=\"\(Self.text(middle))\" y=\"\(Self.text(centre))\" text-anchor=\"middle\">nothing measured</text>")
        }
        for (index, line) in series.enumerated() { parts += drawn(line, index, x, y) }
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// A line, its points and its row of the legend.
    private func drawn(_ line: Series, _ index: Int, _ x: NiceTicks, _ y: NiceTicks) -> [String] {
        let look = "class=\"line \(PlotColours.name(index))\" stroke-dasharray=\"\(PlotColours.dashes(index))\""
        var path = "", isDrawing = false, dots: [String] = []
        for point in line.points {
            guard point.x.isFinite, point.y.isFinite else {
                isDrawing = false
                continue
            }
            let at = "\(Self.text(place(point.x, x))) \(Self.text(height(point.y, y)))"
            path += "\(isDrawing ? "L" : "M")\(at)"
            isDrawing = true
            dots.append("M\(at)h0")
        }
        let row = Self.top + 12 + Double(index) * 24, name = line.name.count > 26 ? line.name.prefix(25) + "…" : line.name[...]
        let start = Self.text(Self.right + 20)
        return
            (path.isEmpty
            ? []
            : [
                "<path \(look) d=\"\(path)\"/>",
                "<path class=\"dots \(PlotColours.name(index))\" d=\"\(dots.joined())\"/>",
            ]) + [
                "<path \(look) d=\"M\(start) \(Self.text(row))h26\"/>",
                "<text class=\"ink\" x=\"\(Self.text(Self.right + 54))\" y=\"\(Self.text(row))\" dy=\"4\">\(Self.escaped(String(name)))</text>",
            ]
    }

    private func place(_ value: Double, _ ticks: NiceTicks) -> Double {
        let range = ticks.range
        return Self.left + (value - range.lowerBound) / (range.upperBound - range.lowerBound) * (Self.right - Self.left)
    }

    private func height(_ value: Double, _ ticks: NiceTicks) -> Double {
        let range = ticks.range
        return Self.bottom - (value - range.lowerBound) / (range.upperBound - range.lowerBound) * (Self.bottom - Self.top)
    }

    /// A tenth of a unit is finer than can be seen.
    private static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }

    /// Without what XML cannot hold.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case _ where scalar.properties.generalCategory == .control || scalar.value & 0xFFFE == 0xFFFE: escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// The colours of Okabe and Ito (2008), told apart by nearly everybody, as they are readable on white and on black.
private enum PlotColours {
    private static let light = ["#0072b2", "#d55e00", "#007a5a", "#b0568c", "#8a6d00", "#3a8fbf", "#4d4d4d"]
    private static let dark = ["#56b4e9", "#ff8a3d", "#2fc79a", "#e39ac5", "#f0e442", "#8fd0f0", "#c4c4c4"]

    static func name(_ index: Int) -> String { "s\(index % light.count)" }

    /// Solid for the first two, so that few lines stay plain.
    static func dashes(_ index: Int) -> String { ["none", "none", "7 4", "2 4", "10 4 2 4", "14 5", "4 2"][index % 7] }

    static let style: String = {
        func rules(_ page: String, _ ink: String, _ soft: String, _ grid: String, _ lines: [String]) -> String {
            ".page{fill:\(page)}.ink{fill:\(ink)}.soft{fill:\(soft)}.grid{stroke:\(grid)}.axis{stroke:\(soft)}"
                + lines.enumerated().map { ".\(name($0)){stroke:\($1)}" }.joined()
        }
        return ".grid,.axis,.line{fill:none}.line{stroke-width:2;stroke-linejoin:round}.dots{stroke-width:5;stroke-linecap:round}"
            + rules("#ffffff", "#1b1f24", "#57606a", "#e3e7eb", light)
            + "@media (prefers-color-scheme:dark){\(rules("#0d1117", "#e6edf3", "#9aa4ae", "#2b3138", dark))}"
    }()
}
