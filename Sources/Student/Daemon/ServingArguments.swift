internal import ArgumentParser

/// Options of serving and training. Texts, as those of every daemon; `StudentKey` documents each.
struct ServingArguments: ParsableArguments {
    @Option(help: "Threads that answer recommendations; 0 = a quarter of the processors.")
    var servingThreads: String?

    @Option(help: "Threads that train and evaluate; 0 = the processors that serving leaves.")
    var trainingThreads: String?

    @Option(help: "Requests that the model answers at once.")
    var batch: String?

    @Option(help: "Milliseconds that the first request of a batch waits for others.")
    var batchDelayMs: String?

    @Option(help: "Recommendations that wait for the model; further ones are refused.")
    var maxQueued: String?

    @Option(help: "Versions of the student that stay on disk beside the active one.")
    var keepModels: String?

    @Option(help: "Whether a version that a training has finished becomes active by itself: never, if-better, always.")
    var activation: String?

    /// What was given of them; nil for what was not.
    var given: [StudentKey: String?] {
        [
            .servingThreads: servingThreads, .trainingThreads: trainingThreads, .batch: batch, .batchDelayMs: batchDelayMs,
            .maxQueued: maxQueued, .keepModels: keepModels, .activation: activation,
        ]
    }
}
