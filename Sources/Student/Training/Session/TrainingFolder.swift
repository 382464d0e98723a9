internal import Foundation
internal import ModelFiles
internal import T5Model

/// A training's folder while it lasts, `DIR/training/JOB`: what it has decided, where it is, and the best so far. Each is complete or not there,
/// whatever stops the process.
struct TrainingFolder {
    let path: String
    private static let setupName = "setup"

    init(_ path: String) { self.path = path }

    private func place(_ name: String) -> String { "\(path)/\(name)" }

    /// Nil before the training has decided. What it has decided counts once its first checkpoint says by which rationales.
    func setup() throws -> (TrainingSetup, TrainingRecipe)? {
        let folder = place(Self.setupName)
        guard !checkpoints("at").isEmpty, FileManager.default.fileExists(atPath: folder) else { return nil }
        return (try TrainingSetup(folder: folder), try StudentFolder(folder).recipe())
    }

    func write(_ setup: TrainingSetup, _ recipe: TrainingRecipe) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // Of a process that was killed before that checkpoint.
        try? FileManager.default.removeItem(atPath: place(Self.setupName))
        try CheckpointFolder.write(place(Self.setupName)) { folder in
            try setup.write(to: folder)
            try folder.write(StudentFolder.json(recipe), to: StudentFolder.recipeName)
        }
    }

    // MARK: Where it is

    /// The newest complete checkpoint.
    func latest() throws -> (parameters: T5Parameters, mean: T5Parameters?, state: TrainingState, progress: TrainingProgress)? {
        // What a killed process was writing.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(".partial") {
            try? FileManager.default.removeItem(atPath: place(name))
        }
        guard let (name, epoch, step) = checkpoints("at").last else { return nil }
        let mean = place(Self.name("mean", epoch, step))
        let parameters = try Checkpoint.load(place(name)), state = try TrainingState(place(name), parameters.configuration)
        let progress = try JSONDecoder().decode(TrainingProgress.self, from: Data(state.sampler))
        return (parameters, FileManager.default.fileExists(atPath: mean) ? try Checkpoint.load(mean) : nil, state, progress)
    }

    /// Writes the one of now, and removes those before.
    func write(_ trainer: T5Trainer, mean: T5Parameters?, _ progress: TrainingProgress) throws {
        let name = Self.name("at", progress.epoch, progress.step)
        // The same place has the same numbers.
        guard !FileManager.default.fileExists(atPath: place(name)) else { return }
        // First: a checkpoint is complete with its mean.
        if let mean { try replace(Self.name("mean", progress.epoch, progress.step), with: mean) }
        let state = trainer.state(sampler: try StudentFolder.json(progress))
        try Checkpoint.save(trainer.model.parameters, to: place(name), training: state)
        for kind in ["at", "mean"] {
            for old in checkpoints(kind) where (old.epoch, old.step) != (progress.epoch, progress.step) {
                try? FileManager.default.removeItem(atPath: place(old.name))
            }
        }
    }

    // MARK: The best

    func best(epoch: Int) throws -> T5Parameters { try Checkpoint.load(place(Self.name("best", epoch, 0))) }

    /// Before the checkpoint that names it; those before stay until then.
    func writeBest(_ parameters: T5Parameters, epoch: Int) throws {
        try replace(Self.name("best", epoch, 0), with: parameters)
    }

    /// Of what no checkpoint names yet. A process that was killed may have left one, and it may be another: this one may have taken in more
    /// rationales.
    private func replace(_ name: String, with parameters: T5Parameters) throws {
        try? FileManager.default.removeItem(atPath: place(name))
        try Checkpoint.save(parameters, to: place(name))
    }

    /// Once the checkpoint that names it is there.
    func removeBest(but epoch: Int) {
        for old in checkpoints("best") where old.epoch != epoch { try? FileManager.default.removeItem(atPath: place(old.name)) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    // MARK: Names

    private static func name(_ kind: String, _ epoch: Int, _ step: Int) -> String { "\(kind)-\(epoch)-\(step)" }

    /// In the order of their coming.
    private func checkpoints(_ kind: String) -> [(name: String, epoch: Int, step: Int)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.compactMap { name in
            let parts = name.split(separator: "-")
            guard parts.count == 3, parts[0] == kind, let epoch = Int(parts[1]), let step = Int(parts[2]) else { return nil }
            return (name, epoch, step)
        }.sorted { ($0.epoch, $0.step) < ($1.epoch, $1.step) }
    }
}
