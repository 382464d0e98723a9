internal import Logging
internal import RPC
internal import Store
internal import Transport
package import Wire

/// Makes versions active, one after the other: loads and warms a version beside the one that serves, notes it on disk, and has it answer from
/// then on. Where any of that fails the old one goes on.
package actor ModelActivation {
    package enum Outcome: Sendable, Hashable {
        case activated
        /// Why not, for people.
        case kept(String)
    }

    private let models: ModelStore
    private let engine: ServingEngine
    private let table: ItemTable
    private let loader: VersionLoader
    private let policy: ActivationPolicy
    private let metrics: StudentMetrics
    private let logger: Logger
    /// The last activation that was asked for.
    private var last: Task<Void, Never>?
    /// Keeps the files of the version that serves.
    private var hold: VersionHold?

    /// - Parameter policy: for trainings that leave it to the daemon.
    init(
        _ models: ModelStore, _ engine: ServingEngine, _ table: ItemTable, loader: @escaping VersionLoader, policy: ActivationPolicy,
        metrics: StudentMetrics, logger: Logger
    ) {
        self.models = models
        self.engine = engine
        self.table = table
        self.loader = loader
        self.policy = policy
        self.metrics = metrics
        self.logger = logger
    }

    /// Returns when it serves. What serves already is not loaded again.
    /// - Throws: `RPCError`: NOT_FOUND; FAILED_PRECONDITION with what is wrong with the version; what the disk has no room for.
    package func activate(_ version: String) async throws -> ModelDescription {
        try await alone { try await self.replace(with: version) }
    }

    /// For a training that has published a version: activates it where it may be.
    /// - Parameter validateAgain: tells what the active version is worth by the split of the new one, where that is another.
    /// - Throws: as `activate`.
    package func consider(
        _ version: String, _ wanted: Activation,
        validateAgain: @escaping @Sendable (_ version: String, _ split: UInt64) async throws -> Double? = { _, _ in nil }
    ) async throws -> Outcome {
        let candidate: ModelDescription
        do { candidate = try await models.describe(version) } catch let error as StoreError { throw RPCError(error) }
        let policy = ActivationPolicy(wanted) ?? self.policy, measured = engine.version?.loaded.description
        var again: Double?
        // Takes long, and is nobody's turn meanwhile: others activate what they want, and who waits for this can cancel it.
        if policy == .ifBetter, let measured, measured.splitVersion != candidate.splitVersion,
            policy.objection(to: candidate, active: nil) == nil
        {
            again = try await validateAgain(measured.version, candidate.splitVersion)
        }
        return try await alone { [again] in
            let active = self.engine.version?.loaded.description
            let isMeasured = active?.version == measured?.version
            if let reason = policy.objection(to: candidate, active: active, validatedAgain: isMeasured ? again : nil) {
                return .kept(reason)
            }
            _ = try await self.replace(with: version)
            return .activated
        }
    }

    /// Loads the version that was active when the last process ended. One that cannot be loaded is told in the log, and fallbacks answer.
    package func loadActive() async {
        do {
            guard let version = try await models.activeVersion() else { return }
            _ = try await alone { try await self.replace(with: version) }
        } catch {
            logger.error("the active model cannot be loaded: recommendations come without it", metadata: ["error": "\(error)"])
        }
    }

    private func replace(with version: String) async throws -> ModelDescription {
        if let serving = engine.version, serving.version == version { return serving.loaded.description }
        let hold = try await holding(version)
        let begin = ContinuousClock.now
        let new: ServingVersion
        do {
            let (loader, table) = (loader, table)
            new = try await onBlockingThread(named: "rdrec-load") { try ServingVersion(warming: loader(hold.folder), among: table) }
            guard new.version == version else { throw ModelFailure("it says that it is version \(new.version)") }
        } catch {
            metrics.loaded(nil, .zero)
            logger.error("a version cannot be loaded", metadata: ["model.version": "\(version)", "error": "\(error)"])
            throw RPCError(.failedPrecondition, "model \(version) cannot be loaded: \(error)")
        }
        let description = new.loaded.description, time = ContinuousClock.now - begin
        metrics.loaded(description, time)
        // First on disk: whoever has seen an answer of it sees it after a restart too.
        do { try await models.setActive(version) } catch let error as StoreError { throw RPCError(error) }
        engine.serve(new)
        self.hold = hold
        metrics.activates(description)
        logger.notice(
            "a version is active",
            metadata: ["model.version": "\(version)", "model.digest": "\(description.digest)", "seconds": "\(time / .seconds(1))"])
        do { try await models.prune() } catch {
            logger.warning("old versions cannot be removed", metadata: ["error": "\(error)"])
        }
        return description
    }

    private func holding(_ version: String) async throws -> VersionHold {
        do {
            return try await models.hold(version)
        } catch let error as StoreError where error.code == .corrupt || error.code == .invalid {
            metrics.loaded(nil, .zero)
            throw RPCError(.failedPrecondition, "model \(version) cannot be loaded: \(error)")
        } catch let error as StoreError {
            throw RPCError(error)
        }
    }

    /// One at a time, in the order of asking. What has begun is not cancelled with its caller.
    private func alone<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { [last] in
            await last?.value
            return try await body()
        }
        last = Task { _ = await task.result }
        return try await task.value
    }
}
