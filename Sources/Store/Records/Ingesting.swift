/// What became of a record that was taken in.
package enum IngestOutcome: Sendable, Hashable {
    case added
    /// It was there before, and nothing has changed.
    case duplicate
    /// In words, for people.
    case refused(String)
}

/// Whose rationales are asked for.
package enum RationaleSubject: Sendable, Hashable {
    case item(String)
    case user(String)
}
