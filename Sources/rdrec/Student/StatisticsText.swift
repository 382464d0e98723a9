import Wire

extension Statistics {
    /// For people: names and figures.
    var lines: [String] {
        let counts = [
            ["users", thousands(users)], ["items", thousands(items)], ["interactions", thousands(interactions)],
            ["reviews", thousands(reviews)], ["rationales", thousands(rationales)], ["  pending", thousands(rationalesPending)],
            ["  failed", thousands(rationalesFailed)], ["store", byteCount(storeBytes)],
        ]
        return aligned(counts, right: [1]) + [""] + (split?.lines ?? ["no split yet: rdrec split makes one"])
    }
}

extension Split {
    /// For people: what it is, and how much each part has.
    var lines: [String] {
        let head = [
            ["split", isCurrent ? "\(version), current" : "\(version), interactions have come since"],
            ["policy", (policy ?? SplitPolicy()).words], ["made", Moment.text(createdAtMs)],
        ]
        let counts = [
            ["training", thousands(training)], ["validation", thousands(validation)], ["test", thousands(test)],
            ["left out", thousands(leftOut)], ["tested users", thousands(testedUsers)],
        ]
        return aligned(head) + aligned(counts, right: [1])
    }
}

extension SplitPolicy {
    /// As in `global time, validation from 2024-01-01 00:00:00, test from 2024-02-01 00:00:00, 5-core`.
    fileprivate var words: String {
        var words: [String]
        switch kind {
        case .unspecified, .leaveOneOut: words = ["leave one out"]
        case .globalTime where validationFromMs == 0 && testFromMs == 0: words = ["global time, the last fifth and the last tenth"]
        case .globalTime:
            words = ["global time", "validation from \(Moment.text(validationFromMs))", "test from \(Moment.text(testFromMs))"]
        default: words = ["\(kind)"]
        }
        if kCore > 1 { words.append("\(kCore)-core") }
        return words.joined(separator: ", ")
    }
}
