package import Wire

extension ExplainResponse {
    /// The model's words, then the evidence.
    /// - Parameter width: Columns of the terminal, into which sentences are broken; nil for no limit.
    package func lines(width: Int?) -> [String] {
        let texts = [("why", explanation), ("preference", userPreference), ("attributes", itemAttributes)].filter { !$0.1.isEmpty }
        var lines = texts.flatMap { name, text in
            // The name stands in the margin of the first line.
            let rest = wrapped(printable(text), width: width, indent: Self.margin)
            return rest.enumerated().map { index, line in
                index > 0 ? line : name + String(repeating: " ", count: Self.margin - name.count) + line.dropFirst(Self.margin)
            }
        }
        if !modelVersion.isEmpty { lines.append("by model \(printable(modelVersion))") }
        guard !evidence.isEmpty else { return lines + ["no rationale speaks for it"] }
        if !lines.isEmpty { lines.append("") }
        return lines + ["evidence"] + evidence.flatMap { $0.lines(width: width) }
    }

    private static let margin = 12
}

extension Rationale {
    /// As in `2024-02-29 12:30:59  smollm2  user u1  item i1`, then the two sentences.
    fileprivate func lines(width: Int?) -> [String] {
        let from = provenance ?? Provenance()
        let teacher = from.modelName.isEmpty ? "unknown teacher" : from.modelName
        let head = "\(Moment.text(from.createdAtMs))  \(teacher)  user \(userID)  item \(itemID)"
        return [printable(head)]
            + [userPreference, itemAttributes].flatMap { wrapped(printable($0), width: width, indent: 2) }
    }
}
