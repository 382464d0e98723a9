package import Wire

/// Whether a version that a training has finished becomes active by itself.
package enum ActivationPolicy: String, Sendable, CaseIterable {
    case never
    /// Where it is better on validation than the active one, both by the same split, or none is active.
    case ifBetter = "if-better"
    case always

    /// What one version is compared with another by.
    package static let metric = "validation/ndcg@10"

    /// - Parameter wanted: of the training's request.
    /// - Returns: nil where the request leaves it to the daemon.
    package init?(_ wanted: Activation) {
        switch wanted {
        case .never: self = .never
        case .ifBetter: self = .ifBetter
        case .always: self = .always
        default: return nil
        }
    }

    /// - Parameters:
    ///   - active: nil where none serves.
    ///   - again: of an active one that was validated by another split: its ``metric`` by the candidate's; nil where that is not known.
    /// - Returns: nil for yes, else why not, for people.
    package func objection(to candidate: ModelDescription, active: ModelDescription?, validatedAgain again: Double? = nil) -> String? {
        if self == .never { return "versions are not activated by themselves" }
        if candidate.randomInteractions > 0 || candidate.swappedRationales > 0 { return "it was trained on disturbed data" }
        guard self == .ifBetter, let active else { return nil }
        if candidate.leaksTestOrder { return "its indexing leaks the order of the test, so that its figures say nothing" }
        let isSameSplit = candidate.splitVersion == active.splitVersion
        guard isSameSplit || again != nil else {
            return "it was validated by split \(candidate.splitVersion), and the active \(active.version) by \(active.splitVersion)"
        }
        guard let new = candidate.metrics[Self.metric], new.isFinite else { return "it was not validated" }
        // Of an active one nothing is known that would speak for it.
        guard let old = isSameSplit ? active.metrics[Self.metric] : again, old.isFinite, !active.leaksTestOrder else { return nil }
        return new > old ? nil : "its \(Self.metric) is \(new), and that of the active \(active.version) \(old)"
    }
}
