package import LlamaModel

/// Looks every now and then whether a generator gets on with what it has to do.
package struct StallWatch: Sendable {
    private let generator: any TextGenerator
    private let budget: Duration
    private let interval: Duration

    /// - Parameter budget: how long a step may take.
    package init(_ generator: any TextGenerator, budget: Duration) {
        self.generator = generator
        self.budget = budget
        interval = max(.milliseconds(1), min(.seconds(1), budget / 4))
    }

    package var isStalled: Bool { generator.load.stalledFor > budget }

    /// - Throws: `CancellationError`.
    func until(stalled: Bool) async throws {
        while isStalled != stalled { try await Task.sleep(for: interval) }
    }
}
