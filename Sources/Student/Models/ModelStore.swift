internal import Foundation
internal import Locks
package import Logging
internal import Store
internal import Transport

/// The versions in `DIR/models`, complete or not there, and which of them is active. Safe from any task; what blocks runs on threads of its own.
///
/// `NNNN/` is a version; `.NNNN.JOB/` one that a training fills; `active` names the one that serves; `last` the last number given, so that none
/// is given again, whatever has gone since.
package final class ModelStore: Sendable {
    let folder: String
    /// Versions that are kept beside the active one and those in use.
    let keptCount: Int
    let logger: Logger
    /// Whoever changes what is there: one at a time. Held on blocking threads alone.
    let changes = Locked(())
    /// How often each version is held.
    let holds = Locked<[String: Int]>([:])
    private let complained = Locked<Set<String>>([])

    /// - Parameters:
    ///   - directory: of the daemon's data.
    ///   - kept: 1 or more.
    package init(directory: String, kept: Int = 5, logger: Logger) {
        precondition(kept > 0, "the newest version is kept")
        folder = directory + "/models"
        keptCount = kept
        self.logger = logger
    }

    // MARK: What is there

    /// The newest first. One whose about.json cannot be read is left out, and the log says so once.
    package func list() async throws -> [ModelDescription] { try await blocking { $0.descriptions() } }

    /// - Throws: `notFound`; `corrupt` and `invalid` for one that cannot be read.
    package func describe(_ version: String) async throws -> ModelDescription { try await blocking { try $0.description(version) } }

    /// - Throws: as `describe`.
    package func catalogue(_ version: String) async throws -> ModelCatalogue {
        try await blocking { store in
            _ = try store.description(version)
            return try VersionFolder(path: store.path(version)).catalogue()
        }
    }

    /// Which one is to serve; nil for none.
    package func activeVersion() async throws -> String? { try await blocking { $0.active() } }

    /// From the next start on, whatever happens meanwhile.
    /// - Throws: `notFound`, `full`, `io`.
    package func setActive(_ version: String) async throws {
        try await blocking { store in
            _ = try store.description(version)
            try store.changes.withLock { (_) throws(StoreError) in
                try SyncedFile.replace(store.folder + "/active", with: Array((version + "\n").utf8))
            }
        }
    }

    /// Keeps a version from being pruned until what is returned goes.
    /// - Throws: `notFound`.
    package func hold(_ version: String) async throws -> VersionHold {
        let hold = VersionHold(version, folder: path(version), self)
        // What was there before the hold may have gone with it.
        _ = try await describe(version)
        return hold
    }

    // MARK: On threads that may block

    func path(_ version: String) -> String { "\(folder)/\(version)" }

    func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

    /// The newest first, damaged or not.
    func versions() -> [String] { names().compactMap { VersionName.number($0) }.sorted(by: >).map { VersionName.text($0) } }

    func descriptions() -> [ModelDescription] {
        versions().compactMap { version in
            let error: StoreError
            do throws(StoreError) { return try description(version) } catch let thrown { error = thrown }
            let isNew = complained.withLock { $0.insert(version).inserted }
            if isNew, error.code != .notFound {
                logger.warning("a version is left out", metadata: ["model.version": "\(version)", "error": "\(error)"])
            }
            return nil
        }
    }

    func description(_ version: String) throws(StoreError) -> ModelDescription {
        guard VersionName.number(version) != nil, access(path(version), F_OK) == 0 else {
            throw StoreError(.notFound, "there is no model \(version): rdrec models lists them")
        }
        let description = try VersionFolder(path: path(version)).description()
        guard description.version == version else {
            throw StoreError(.corrupt, "\(path(version)) says that it is version \(description.version)")
        }
        return description
    }

    func active() -> String? {
        guard let text = try? String(contentsOfFile: folder + "/active", encoding: .utf8) else { return nil }
        let version = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return VersionName.number(version) == nil ? nil : version
    }

    func blocking<Value: Sendable>(_ work: @escaping @Sendable (ModelStore) throws -> Value) async throws -> Value {
        try await onBlockingThread(named: "rdrec-models") { try work(self) }
    }
}

/// A version in use: it is not pruned while this is there.
package final class VersionHold: Sendable {
    package let version: String
    package let folder: String
    private let store: ModelStore

    fileprivate init(_ version: String, folder: String, _ store: ModelStore) {
        (self.version, self.folder, self.store) = (version, folder, store)
        store.holds.withLock { $0[version, default: 0] += 1 }
    }

    deinit {
        store.holds.withLock { [version] holds in
            let left = holds[version, default: 1] - 1
            holds[version] = left == 0 ? nil : left
        }
    }
}
