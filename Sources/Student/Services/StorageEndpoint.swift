internal import Foundation
package import RPC
package import Store
internal import Transport
package import Wire

/// `rdrec.v1.Storage`: looks after the store.
package struct StorageEndpoint: StorageService {
    private let store: any Store
    private let directory: String

    /// - Parameter directory: for a backup while it is on its way: as large as the store.
    package init(_ store: any Store, directory: String) {
        self.store = store
        self.directory = directory
    }

    package func checkStore(_ request: CheckStoreRequest, _ call: ServerCall) async throws -> CheckStoreResponse {
        try await answering { try await store.check() }
    }

    package func backUpStore(
        _ request: BackUpStoreRequest, _ responses: MessageWriter<BackupChunk>, _ call: ServerCall
    ) async throws {
        let path = directory + "/backup-\(UUID().uuidString).partial"
        try await answering { try await store.backUp(to: path) }
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
