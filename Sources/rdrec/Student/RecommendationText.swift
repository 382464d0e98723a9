package import Wire

extension RecommendResponse {
    /// A table: rank, item, title, score, the explanation below it; then who chose.
    /// - Parameter width: Columns of the terminal, into which titles and explanations are fitted; nil for no limit.
    package func lines(width: Int?) -> [String] {
        let indent = "\(items.count)".count + 2
        let lines = items.isEmpty ? [] : aligned([["#", "ITEM", "TITLE", "SCORE"]] + rows(width: width), right: [0, 3])
        let rows = zip(lines.dropFirst(), items).flatMap { line, item in
            [line] + wrapped(printable(item.explanation), width: width, indent: indent)
        }
        return lines.prefix(1) + rows + [chosenBy]
    }

    private func rows(width: Int?) -> [[String]] {
        let ranks = items.indices.map { "\($0 + 1)" }, ids = items.map { printable($0.itemID) }
        let scores = items.map { decimal($0.score, source == .popularity ? 0 : 4) }
        let others = [ranks, ids, scores].map { column in column.map(\.count).max() ?? 0 }.reduce(0, +) + 3 * 2
        let titles = items.map { item in
            let title = item.title.isEmpty ? "-" : printable(item.title)
            return width.map { cut(title, to: max(16, $0 - others)) } ?? title
        }
        return items.indices.map { [ranks[$0], ids[$0], titles[$0], scores[$0]] }
    }

    /// As in `by model 0003; scores are log-probabilities`.
    private var chosenBy: String {
        switch source {
        case .model: "by model \(printable(modelVersion)); scores are log-probabilities"
        case .itemNeighbours: "by the neighbours of the history's items; scores are similarities"
        case .popularity: "by popularity; scores are the times that an item was taken"
        default: "by \(source)"
        }
    }

    /// What is wrong with the request, for standard error.
    package var notes: [String] {
        var notes: [String] = []
        if items.isEmpty { notes.append("note: there are none") }
        if !unknownItemIDs.isEmpty {
            let shown = unknownItemIDs.prefix(Self.mostNamed).map(printable).joined(separator: ", ")
            let rest = unknownItemIDs.count - Self.mostNamed
            notes.append("note: unknown items: \(shown)" + (rest > 0 ? " and \(thousands(rest)) more" : ""))
        }
        return notes
    }

    private static let mostNamed = 20

    func print(to output: Output, asJSON: Bool, _ session: Session) async throws {
        if asJSON { return try await output.line(OwnJSON().text(of: self)) }
        // At once: there may be as many as the catalogue has.
        try await output.line(lines(width: Terminal.outputWidth).joined(separator: "\n"))
        for note in notes { Output.note(note) }
        if source != .model, let hint = await ModelHints.hint(session) { Output.note("note: \(hint)") }
    }
}
