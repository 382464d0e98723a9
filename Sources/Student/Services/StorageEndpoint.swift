internal import Foundation
internal import Locks
package import RPC
package import Store
internal import Transport
package import Wire

/// `rdrec.v1.Storage`: looks after the store.
package struct StorageEndpoint: StorageService {
    private let store: any Store
    private let directory: String

    private let isChecking = Locked(false)
    private let isBackingUp = Locked(false)

    private static let prefix = "backup-", suffix = ".partial"

    /// - Parameter directory: the store's, and for a backup while it is on its way: as large as the store.
    package init(_ store: any Store, directory: String) {
        self.store = store
        self.directory = directory
    }

    /// Removes backups that an earlier process was killed under.
    package func removeLeftovers() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        where name.hasPrefix(Self.prefix) && name.contains(Self.suffix) {
            unlink(directory + "/" + name)
        }
    }

    package func checkStore(_ request: CheckStoreRequest, _ call: ServerCall) async throws -> CheckStoreResponse {
        try await alone(isChecking, "a check of the store") { try await answering { try await store.check() } }
    }

    package func backUpStore(
        _ request: BackUpStoreRequest, _ responses: MessageWriter<BackupChunk>, _ call: ServerCall
    ) async throws {
        try await alone(isBackingUp, "a backup") {
            try requireRoom()
            try await send(responses)
        }
    }

    /// Each of them reads the whole store, and a backup takes as much room again: one at a time.
    private func alone<Value>(_ isRunning: Locked<Bool>, _ what: String, _ body: () async throws -> Value) async throws -> Value {
        let isFree = isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
        guard isFree else {
            throw RPCError.tryLater(.resourceExhausted, "\(what) runs already: one at a time", retryAfter: .seconds(5))
        }
        defer { isRunning.withLock { $0 = false } }
        return try await body()
    }

    /// A backup that fills the disk would keep everybody else from writing meanwhile.
    private func requireRoom() throws {
        var room = statvfs(), needed: UInt64 = 0
        guard statvfs(directory, &room) == 0 else { return }
        for name in ["store.sqlite", "store.sqlite-wal"] {
            var figures = stat()
            if stat(directory + "/" + name, &figures) == 0 { needed += UInt64(figures.st_size) }
        }
        let free = UInt64(room.f_bavail) * UInt64(room.f_frsize)
        guard free > needed else {
            throw RPCError.tryLater(
                .resourceExhausted, "a backup takes up to \(needed) bytes in \(directory) while it is sent, and \(free) are free there",
                retryAfter: .seconds(60))
        }
    }

    private func send(_ responses: MessageWriter<BackupChunk>) async throws {
        let path = "\(directory)/\(Self.prefix)\(UUID().uuidString)\(Self.suffix)"
        do {
            try await answering { try await store.backUp(to: path) }
        } catch {
            unlink(path)
            throw error
        }
        let file = try await BackupFile.open(path)
        var offset: UInt64 = 0
        repeat {
            let content = try await file.chunk(at: offset)
            // Shorter than it was: somebody else has written to it.
            guard !content.isEmpty || file.size == 0 else { throw RPCError(.internal, "the backup was cut while it was sent") }
            let end = offset + UInt64(content.count)
            try await responses.write(
                BackupChunk(offset: offset, content: content, totalBytes: file.size, sha256: end >= file.size ? file.sha256 : ""))
            offset = end
        } while offset < file.size
    }
}
