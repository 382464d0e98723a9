package import Transport

extension StatusCode {
    /// Whether the same request may succeed a little later.
    package var isPassing: Bool { [.unavailable, .resourceExhausted, .aborted].contains(self) }
}
