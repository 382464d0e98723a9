/// How much an ``Engine`` does at a time, and how much it takes on.
package struct EngineConfiguration: Sendable {
    /// Requests written at the same time; 1 to 256.
    package var slots = 32
    /// Positions of a request, its prompt and all that is written; the model's own context where that is less.
    package var contextLength = 2_048
    /// Memory for keys and values, in bytes: touched as it is needed, never more.
    package var keyValueBytes = 256 << 20
    /// Whether keys and values are kept in half precision.
    package var halfPrecision = true
    /// Prompt tokens that are read in one step: while they are, those who are writing wait.
    package var promptTokensPerStep = 192
    /// Requests, and tokens of their prompts, that may wait for a slot.
    package var queuedRequests = 1_024
    package var queuedTokens = 1 << 20
    /// Slots that bulk requests leave to interactive ones.
    package var interactiveSlots = 2
    /// Tokens that may be guessed for a request in a step, while few are being written; 0 for none.
    package var draftTokens = 5

    package init() {}
}
