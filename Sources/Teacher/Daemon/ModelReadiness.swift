internal import LlamaModel
internal import Locks
internal import Logging
internal import Transport
internal import Wire

/// The model of this process: nothing until it is loaded and warm.
final class ModelReadiness: Sendable {
    private let model = Locked<LoadedModel?>(nil)

    /// Nil until it is ready.
    var ready: LoadedModel? { model.withLock { $0 } }

    /// Ends the generator, where there is one.
    func stop() async {
        guard let model = ready else { return }
        try? await onBlockingThread(named: "rdrec-stop") { model.stop() }
    }

    /// Reads the model on a thread of its own, and has it write once.
    func load(_ configuration: ProcessConfiguration, _ loader: @escaping ModelLoader, _ logger: Logger) async throws -> Worker {
        let begin = ContinuousClock.now
        let loaded = try await onBlockingThread(named: "rdrec-load") { try loader(configuration.model, logger) }
        let worker = Worker(id: configuration.workerID, model: loaded)
        do {
            try await worker.warmUp()
        } catch {
            loaded.stop()
            throw error
        }
        model.withLock { $0 = loaded }
        logger.notice(
            "the model is ready",
            metadata: [
                "model.name": "\(loaded.info.name)", "model.digest": "\(loaded.info.digest)",
                "model.kernels": "\(loaded.info.instructionSet)", "model.slots": "\(loaded.generator.slots)",
                "seconds": "\((ContinuousClock.now - begin) / .seconds(1))",
            ])
        return worker
    }
}
