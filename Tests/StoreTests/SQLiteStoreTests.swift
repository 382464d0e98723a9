import Foundation
import Store
import StoreConformance
import Testing
import Wire

@Suite struct SQLiteStoreTests {
    @Test("The store does what every store must", arguments: StoreCase.all)
    func conformance(_ storeCase: StoreCase) async throws {
        let fixture = try SQLiteFixture()
        defer { fixture.remove() }
        try await storeCase.run(fixture)
    }

    @Test("A directory is of one store at a time")
    func lock() async throws {
        let fixture = try SQLiteFixture()
        defer { fixture.remove() }
        let store = try SQLiteStore(directory: fixture.directory)
        let error = #expect(throws: StoreError.self) { try SQLiteStore(directory: fixture.directory) }
        #expect(error?.code == .inUse)
        await store.close()
    }

    @Test("What is no store is told, and left as it is")
    func foreignFile() throws {
        let fixture = try SQLiteFixture()
        defer { fixture.remove() }
        let path = fixture.directory + "/store.sqlite"
        let content = Data("This is a letter, and not a database; it is long enough to look at.\n".utf8)
        try content.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try SQLiteStore(directory: fixture.directory) }
        #expect(error?.code == .corrupt)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
    }
}

/// A store in a folder of its own.
struct SQLiteFixture: StoreFixture {
    let directory: String

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("rdrec-store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }

    func open() async throws -> any Store { try SQLiteStore(directory: directory) }

    func openAnother() async throws -> any Store { try SQLiteStore(directory: directory + "/another") }

    func open(backup path: String) async throws -> any Store {
        let folder = directory + "/restored"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: path, toPath: folder + "/store.sqlite")
        return try SQLiteStore(directory: folder)
    }

    var freePath: String { directory + "/backup-\(UUID().uuidString).sqlite" }
}
