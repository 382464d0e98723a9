/// What the registry holds: families by name, and in each its series by their labels. A value, guarded by the registry's lock.
struct Families {
    enum Kind: String {
        case counter, gauge, timer, recorder

        /// The word of the TYPE line.
        var type: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .timer, .recorder: "histogram"
            }
        }

        var isHistogram: Bool { type == "histogram" }
    }

    struct Family {
        let kind: Kind
        var series: [String: any Cell] = [:]
        var refusedSeriesCount = 0
    }

    let seriesLimit: Int
    private(set) var families: [String: Family] = [:]
    /// The family that prints samples under a name: its own, and for a histogram also those with a suffix.
    private var owners: [String: String] = [:]
    /// Names asked for under a second kind, with the sentence that tells of it.
    private(set) var conflicts: [String: String] = [:]

    init(seriesLimit: Int) { self.seriesLimit = seriesLimit }

    /// The cell at a place, made when it is the first; nil when the name is taken by another kind or the family is full.
    mutating func cell<C: Cell>(_ kind: Kind, at place: Place, make: () -> C) -> C? {
        if let family = families[place.name] {
            guard family.kind == kind else {
                noteConflict(place.name, kind, with: place.name, family.kind)
                return nil
            }
        } else {
            let names = Self.sampleNames(place.name, kind)
            for name in names {
                guard let owner = owners[name], let other = families[owner] else { continue }
                noteConflict(place.name, kind, with: owner, other.kind)
                return nil
            }
            for name in names { owners[name] = place.name }
            families[place.name] = Family(kind: kind)
        }
        if let existing = families[place.name]?.series[place.labels] as? C { return existing }
        guard let count = families[place.name]?.series.count, count < seriesLimit else {
            families[place.name]?.refusedSeriesCount += 1
            return nil
        }
        let new = make()
        families[place.name]?.series[place.labels] = new
        return new
    }

    /// Forgets a cell, and with its last one the family, so that the name is free again. A cell that is not, or no longer, the
    /// one at its place changes nothing.
    mutating func remove(_ cell: any Cell) {
        guard let family = families[cell.place.name], family.series[cell.place.labels] === cell else { return }
        families[cell.place.name]?.series[cell.place.labels] = nil
        guard family.series.count == 1 else { return }
        families[cell.place.name] = nil
        for name in Self.sampleNames(cell.place.name, family.kind) { owners[name] = nil }
    }

    private mutating func noteConflict(_ name: String, _ kind: Kind, with owner: String, _ ownerKind: Kind) {
        conflicts["\(name) \(kind.rawValue)"] =
            "\(name) is asked for as a \(kind.rawValue), but \(owner) is a \(ownerKind.rawValue): the \(kind.rawValue) is not shown"
    }

    private static func sampleNames(_ name: String, _ kind: Kind) -> [String] {
        kind.isHistogram ? [name, name + "_bucket", name + "_sum", name + "_count"] : [name]
    }
}
