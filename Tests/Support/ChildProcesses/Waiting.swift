/// What a test waits for or looks for, and is not there.
package struct Missing: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// The value, which is there where the test goes right.
package func found<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw Missing(description: "missing: \(what)") }
    return value
}

/// Waits until `condition` holds, looking often; throws when it still does not after a generous time.
package func eventually(
    _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw Missing(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
