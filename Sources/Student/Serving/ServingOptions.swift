/// How calls are answered by a model.
package struct ServingOptions: Sendable, Hashable {
    /// Requests that a model answers at once.
    package var batch = 64
    /// That the first request of a batch waits for others.
    package var batchDelay = Duration.milliseconds(2)
    /// Recommendations that wait for the model; further ones are refused.
    package var mostQueued = 1_024
    /// Calls that wait for texts, which take long.
    package var mostQueuedTexts = 64
    /// Texts that are written at once.
    package var textBatch = 8

    package init() {}
}
