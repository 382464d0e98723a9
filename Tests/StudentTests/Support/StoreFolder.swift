import Foundation
import Store

/// Runs `body` with a store in a folder of its own, which goes with it.
func withStore<Result>(_ body: (SQLiteStore, String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rdrec-student-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try SQLiteStore(directory: folder)
    do {
        let result = try await body(store, folder)
        await store.close()
        return result
    } catch {
        await store.close()
        throw error
    }
}
