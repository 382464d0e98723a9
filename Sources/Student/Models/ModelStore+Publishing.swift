internal import Foundation
internal import Locks
internal import Logging
internal import Store

/// A number that a training has for its version, and where it writes it meanwhile.
package struct ReservedVersion: Sendable, Hashable {
    package let version: String
    package let jobID: String
    /// Not there yet.
    package let folder: String
}

extension ModelStore {
    /// The next number, which no other version has had or will have; the same job's that it was given before and has not published.
    /// - Throws: `full`, `io`.
    package func reserve(jobID: String) async throws -> ReservedVersion {
        try await blocking { store in try store.changes.withLock { (_) throws(StoreError) in try store.next(jobID) } }
    }

    /// Writes about.json and catalogue.json into the folder of a version in the making, which is made where it is not there.
    /// - Throws: `full`, `io`.
    package func write(_ description: ModelDescription, _ catalogue: ModelCatalogue, to reserved: ReservedVersion) async throws {
        try await blocking { _ in try VersionFolder(path: reserved.folder).write(description, catalogue) }
    }

    /// The folder gets its name, with all in it on disk; then versions that are too many go.
    /// - Throws: `corrupt` for a folder that is not complete, `full`, `io`; the folder stays as it is then.
    package func publish(_ reserved: ReservedVersion) async throws -> ModelDescription {
        try await blocking { store in
            let folder = VersionFolder(path: reserved.folder)
            let description = try folder.description()
            _ = try folder.catalogue()
            guard description.version == reserved.version else {
                throw StoreError(.corrupt, "\(reserved.folder) says that it is version \(description.version)")
            }
            try folder.sync()
            try store.changes.withLock { (_) throws(StoreError) in
                guard rename(reserved.folder, store.path(reserved.version)) == 0 else {
                    throw SyncedFile.fault("cannot rename \(reserved.folder) to \(reserved.version)")
                }
                try SyncedFile.sync(store.folder)
            }
            store.pruneNow()
            return description
        }
    }

    /// What a job has published; nil for nothing. For a job that was killed between that and its end.
    package func published(byJob jobID: String) async throws -> ModelDescription? {
        try await blocking { store in store.descriptions().first { $0.jobID == jobID } }
    }

    /// Removes what was left of trainings that will not go on, and of versions that were about to go.
    /// - Parameter jobs: the ids of those that will.
    package func removeLeftovers(except jobs: Set<String>) async throws {
        try await blocking { store in
            for name in store.names() {
                let isAbandoned = VersionName.parts(temporary: name).map { !jobs.contains($0.job) } ?? false
                if isAbandoned || VersionName.isPruned(name) { try? FileManager.default.removeItem(atPath: store.path(name)) }
            }
        }
    }

    // MARK: Pruning

    /// Removes all but the newest, the active one and those that are held.
    package func prune() async throws { try await blocking { $0.pruneNow() } }

    /// What cannot be removed now is another time: nobody's work fails for that.
    fileprivate func pruneNow() {
        changes.withLock { _ in
            let active = active(), complete = descriptions().map(\.version)
            guard complete.count > keptCount else { return }
            // Damaged ones do not count, and go with those of their time.
            let oldest = complete[keptCount - 1]
            for version in versions().drop(while: { $0 != oldest }).dropFirst() where version != active {
                let gone = folder + "/" + VersionName.pruned(version)
                // Who wants to hold it from here on finds that it is not there.
                let isFree = holds.withLock { $0[version] == nil && rename(path(version), gone) == 0 }
                guard isFree else { continue }
                try? FileManager.default.removeItem(atPath: gone)
                logger.notice("an old version is removed", metadata: ["model.version": "\(version)"])
            }
        }
    }

    private func next(_ jobID: String) throws(StoreError) -> ReservedVersion {
        for directory in [SyncedFile.parent(of: folder), folder] {
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw SyncedFile.fault("cannot make \(directory)") }
        }
        let names = names(), begun = names.compactMap { VersionName.parts(temporary: $0) }
        let number: Int
        if let own = begun.first(where: { $0.job == jobID }) {
            number = own.number
            // What is half written is written anew.
            try? FileManager.default.removeItem(atPath: folder + "/" + VersionName.temporary(VersionName.text(number), job: jobID))
        } else {
            let last = (try? String(contentsOfFile: folder + "/last", encoding: .utf8)).flatMap {
                Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            number = ([last ?? 0] + begun.map(\.number) + names.compactMap { VersionName.number($0) }).reduce(0, max) + 1
            try SyncedFile.replace(folder + "/last", with: Array("\(number)\n".utf8))
        }
        let version = VersionName.text(number)
        return ReservedVersion(version: version, jobID: jobID, folder: folder + "/" + VersionName.temporary(version, job: jobID))
    }
}
