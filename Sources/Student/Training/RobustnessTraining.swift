internal import Foundation
internal import Kernels
package import Logging
internal import ModelFiles
package import Store
internal import T5Model
internal import Transport

/// Trains the versions of robustness evaluations: like a version, but for what a trial changes. They are no versions of the daemon; their folders go
/// when nobody has them open any more.
package struct RobustnessTraining: Sendable {
    private let store: any Store
    private let directory: String
    private let environment: TrainingEnvironment

    package init(_ store: any Store, _ models: ModelStore, _ options: TrainingWork.Options, logger: Logger) {
        self.store = store
        directory = options.directory
        environment = TrainingEnvironment(models: models, kernels: options.kernels, logger: logger)
    }

    package var trainer: RobustnessTrainer { { try await train($0, $1, job: $2, $3) } }

    private func train(
        _ model: ModelDescription, _ trial: RobustnessTrial, job: String, _ tell: @Sendable (String) async -> Void
    ) async throws -> OpenedVersion {
        let path = "\(directory)/training/\(job).\(trial.name.replacingOccurrences(of: "/", with: "."))"
        let folder = TrainingFolder(path), result = path + "/version"
        if !FileManager.default.fileExists(atPath: result) {
            let hold = try await environment.models.hold(model.version)
            var recipe = try StudentFolder(hold.folder).recipe()
            recipe.seed = trial.seed
            recipe.withoutRationales = trial.withoutRationales
            recipe.randomInteractions = trial.randomInteractions
            recipe.swappedRationales = trial.swappedRationales
            await tell("reading")
            let run = try await TrainingRun(store, store.split(model.splitVersion), recipe, folder, environment)
            await tell("training")
            try await run.train { _ in }
            let making = path + "/making"
            try? FileManager.default.removeItem(atPath: making)
            let description = try await run.write(to: making, version: trial.name, job: job)
            try await onBlockingThread(named: "rdrec-publish") { [catalogue = run.catalogue] in
                try VersionFolder(path: making).write(description, catalogue)
                try FileManager.default.moveItem(atPath: making, toPath: result)
            }
        }
        let loaded = try await onBlockingThread(named: "rdrec-load") { [environment] in
            TrainingThread.giveWay()
            let kernels = try environment.kernels()
            return try StudentModel(folder: result, ranking: kernels, writing: kernels)
        }
        return OpenedVersion(loaded, itemNumbers: loaded.itemNumbers, keeper: FolderKeeper(folder))
    }

    /// Removes a training's folder with itself.
    private final class FolderKeeper: Sendable {
        private let folder: TrainingFolder
        init(_ folder: TrainingFolder) { self.folder = folder }
        deinit { folder.remove() }
    }
}
