package import LlamaModel
package import RPC
package import Wire

/// Makes the engine's request from a review, and the rationale from what was written. Safe from any thread.
package protocol RationaleComposing: Sendable {
    /// Names the wording of the prompt: the same version asks the same.
    var promptVersion: String { get }

    /// - Throws: INVALID_ARGUMENT, naming the field, for a review that nothing can be read from.
    func generation(
        for review: Review, _ sampling: Wire.Sampling?, priority: Generation.Priority, deadline: ContinuousClock.Instant?
    ) throws(RPCError) -> Generation

    func rationale(for review: Review, _ result: GenerationResult) throws(RPCError) -> (userPreference: String, itemAttributes: String)
}
