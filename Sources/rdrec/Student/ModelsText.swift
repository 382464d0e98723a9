import Wire

extension ListModelsResponse {
    /// A table of the versions; none where there are none.
    var lines: [String] {
        guard !models.isEmpty else { return [] }
        let byVersion = Dictionary(origins.map { ($0.version, $0) }) { first, _ in first }
        let rows = models.map { model in
            [model.version == activeVersion ? "*" : "", model.version] + (byVersion[model.version] ?? ModelOrigin()).cells
                + [thousands(model.parameterCount)]
        }
        return aligned([Self.columns] + rows.map { $0.map(printable) }, right: [8, 9, 10])
    }

    private static let columns = [
        "", "VERSION", "MADE", "PRESET", "INDEXING", "RATIONALES", "DISTURBED", "SPLIT", "HR@10", "NDCG@10", "PARAMETERS",
    ]
}

extension ModelOrigin {
    /// Made, preset, indexing, rationales, disturbed, split, HR@10, NDCG@10.
    fileprivate var cells: [String] {
        let values = Dictionary(metrics.map { ($0.name, $0.value) }) { _, last in last }
        func figure(_ name: String) -> String { decimal(values[JobFigures.validation + name], 4) }
        func known(_ text: String) -> String { text.isEmpty ? "-" : text }
        return [
            Moment.text(createdAtMs), known(preset), leaksTestOrder ? "\(indexing) LEAKS" : known(indexing),
            withoutRationales ? "no" : "yes", known(disturbance?.words ?? ""), splitVersion == 0 ? "-" : "\(splitVersion)",
            figure(JobFigures.hitRate), figure(JobFigures.gain),
        ]
    }
}

extension Disturbance {
    /// As in `10 % interactions, 20 % rationales`; empty for none.
    fileprivate var words: String {
        [(randomInteractions, "interactions"), (swappedRationales, "rationales")].filter { $0.0 > 0 }
            .map { share, name in "\(percent(share)) % \(name)" }.joined(separator: ", ")
    }

    private func percent(_ share: Double) -> String {
        let text = decimal(share * 100, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension ModelInfo {
    /// As in `0003 is active: sequence-small, 1,234,567 parameters`.
    var activeLine: String {
        let architecture = architecture.isEmpty ? "" : "\(architecture), "
        return printable("\(version) is active: \(architecture)\(thousands(parameterCount)) parameters")
    }
}
