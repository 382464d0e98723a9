package import Store
internal import Wire

/// What every implementation of `Store` must do, as cases that any test target can run.
package struct StoreCase: Sendable, CustomStringConvertible {
    package let name: String
    /// Throws a `Violation`, or what the store threw.
    package let run: @Sendable (any StoreFixture) async throws -> Void

    package var description: String { name }

    package static let all: [StoreCase] = ingesting + reading + splitting + leaking + distilling + jobs + lasting
}

/// Gives a case its stores.
package protocol StoreFixture: Sendable {
    /// A store that is empty, or (a second time and later) what the store before left behind, which has been closed.
    func open() async throws -> any Store
    /// Another store, which is empty.
    func openAnother() async throws -> any Store
    /// Opens the store that a backup holds.
    func open(backup path: String) async throws -> any Store
    /// Names a file that is not there, in a folder that is.
    var freePath: String { get }
}

/// A store that does not do what it must.
package struct Violation: Error, CustomStringConvertible {
    package let description: String
}

func expect<Value: Equatable>(_ value: Value, _ wanted: Value, _ what: String, line: Int = #line, file: String = #fileID) throws {
    guard value == wanted else { throw Violation(description: "\(file):\(line): \(what) is \(value), and should be \(wanted)") }
}

func expect(_ condition: Bool, _ what: String, line: Int = #line, file: String = #fileID) throws {
    guard condition else { throw Violation(description: "\(file):\(line): \(what)") }
}

func expectError(_ code: StoreError.Code, _ what: String, line: Int = #line, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as StoreError {
        return try expect(error.code, code, "the error of \(what) (\(error.message))", line: line)
    }
    throw Violation(description: "line \(line): \(what) succeeds, and should fail with \(code)")
}

// MARK: A little shop

func review(_ user: String, _ item: String, _ time: Int64, _ text: String = "Good.", id: String = "") -> IngestRecord.Record {
    .review(Review(reviewID: id, userID: user, itemID: item, text: text, summary: "", rating: 4, timestampMs: time))
}

func interaction(_ user: String, _ item: String, _ time: Int64) -> IngestRecord.Record {
    .interaction(Interaction(userID: user, itemID: item, timestampMs: time))
}

func rationale(_ reviewID: String, _ words: String, teacher: String = "t1", prompt: String = "p1") -> Rationale {
    Rationale(
        reviewID: reviewID, userPreference: "The user prefers \(words).", itemAttributes: "The item's attributes are \(words).",
        provenance: Provenance(
            modelDigest: teacher, modelName: "a model", promptVersion: prompt, sampling: "greedy", workerID: "w", promptTokens: 100,
            generatedTokens: 40, createdAtMs: 1_700_000_000_000))
}

/// Users `u0`, `u1`, …, each with the items `i0`, `i1`, … in order, reviewed; a user's text names user and item.
func shop(users: Int, items: Int) -> [IngestRecord.Record] {
    (0..<users).flatMap { user in
        (0..<items).map { item in review("u\(user)", "i\(item)", Int64(1_000 + item), "u\(user) on i\(item)") }
    }
}

func idOf(_ user: String, _ item: String, _ time: Int64) -> String {
    Review(userID: user, itemID: item, timestampMs: time).effectiveID
}
