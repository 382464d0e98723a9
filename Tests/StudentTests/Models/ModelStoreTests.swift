import ChildProcesses
import DaemonStage
import Foundation
import Store
import Student
import Testing

/// Versions on disk.
struct ModelStoreTests {
    private func withModels(kept: Int = 5, _ body: (ModelStore, String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rdrec-models-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(ModelStore(directory: folder, kept: kept, logger: quietLogger), folder + "/models")
    }

    private func versions(_ models: ModelStore) async throws -> [String] { try await models.list().map(\.version) }

    @Test("Versions are told the newest first, with what was written of them")
    func list() async throws {
        try await withModels { models, _ in
            #expect(try await versions(models).isEmpty)
            #expect(try await models.activeVersion() == nil)
            for _ in 0..<3 { _ = try await models.add(["a", "b"], ndcg: 0.5) }
            #expect(try await versions(models) == ["0003", "0002", "0001"])
            #expect(try await models.describe("0002") == described("0002", ndcg: 0.5))
            #expect(try await models.catalogue("0002") == catalogued(["a", "b"]))
            try await models.setActive("0002")
            #expect(try await models.activeVersion() == "0002")
        }
    }

    @Test("What is not there, or no version's name, is not found", arguments: ["0009", "", "..", "1", "00001", "-001", ".0002.training-1"])
    func unknown(_ version: String) async throws {
        try await withModels { models, _ in
            _ = try await models.add(["a"])
            let error = await #expect(throws: StoreError.self) { _ = try await models.describe(version) }
            #expect(error?.code == .notFound)
            await #expect(throws: StoreError.self) { try await models.setActive(version) }
        }
    }

    @Test("A damaged version is left out, and named where it is asked for")
    func damaged() async throws {
        try await withModels { models, folder in
            for _ in 0..<4 { _ = try await models.add(["a"]) }
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/0002/about.json"))
            try FileManager.default.removeItem(atPath: folder + "/0003/about.json")
            // One that is another's copy.
            let copied = try Data(contentsOf: URL(fileURLWithPath: folder + "/0004/about.json"))
            try copied.write(to: URL(fileURLWithPath: folder + "/0001/about.json"))
            #expect(try await versions(models) == ["0004"])
            for version in ["0001", "0002", "0003"] {
                let error = await #expect(throws: StoreError.self) { _ = try await models.describe(version) }
                #expect(error?.code == .corrupt && error?.message.contains(version) == true)
            }
        }
    }

    @Test("A number is given once, whatever is pruned, lost, or being trained meanwhile")
    func numbers() async throws {
        try await withModels(kept: 1) { models, folder in
            #expect(try await models.add(["a"]) == "0001")
            let begun = try await models.reserve(jobID: "training-7")
            #expect(begun.version == "0002")
            try await models.write(described("0002"), catalogued(["a"]), to: begun)
            #expect(try await models.add(["a"], job: "training-8") == "0003")
            // The same job gets its own again, with nothing in it.
            #expect(try await models.reserve(jobID: "training-7") == begun)
            #expect(!FileManager.default.fileExists(atPath: begun.folder))
            #expect(try await versions(models) == ["0003"])
            try FileManager.default.removeItem(atPath: folder + "/0003")
            #expect(try await models.reserve(jobID: "training-9").version == "0004")
            let another = ModelStore(directory: (folder as NSString).deletingLastPathComponent, logger: quietLogger)
            #expect(try await another.add(["a"], job: "training-10") == "0005")
        }
    }

    @Test("What is not complete is not published, and stays as it is")
    func incomplete() async throws {
        try await withModels { models, _ in
            let reserved = try await models.reserve(jobID: "training-1")
            await #expect(throws: StoreError.self) { _ = try await models.publish(reserved) }
            try await models.write(described("0009"), catalogued(["a"]), to: reserved)
            await #expect(throws: StoreError.self) { _ = try await models.publish(reserved) }
            #expect(try await versions(models).isEmpty)
            #expect(FileManager.default.fileExists(atPath: reserved.folder))
            #expect(try await models.published(byJob: "training-1") == nil)
            try await models.write(described("0001"), catalogued(["a"]), to: reserved)
            #expect(try await models.publish(reserved).version == "0001")
            #expect(try await models.published(byJob: "training-1")?.version == "0001")
        }
    }

    @Test("The last are kept, and beside them the active one and those in use")
    func pruning() async throws {
        try await withModels(kept: 2) { models, folder in
            for _ in 0..<2 { _ = try await models.add(["a"]) }
            try await models.setActive("0001")
            var hold: VersionHold? = try await models.hold("0002")
            #expect(hold?.folder == folder + "/0002")
            for _ in 0..<3 { _ = try await models.add(["a"]) }
            #expect(try await versions(models) == ["0005", "0004", "0002", "0001"])
            hold = nil
            try await models.setActive("0004")
            try await models.prune()
            #expect(try await versions(models) == ["0005", "0004"])
            await #expect(throws: StoreError.self) { _ = try await models.hold("0002") }
        }
    }

    @Test("What was left of trainings that do not go on is removed, and of those that do it stays")
    func leftovers() async throws {
        try await withModels { models, folder in
            let gone = try await models.reserve(jobID: "training-1"), stays = try await models.reserve(jobID: "training-2")
            for reserved in [gone, stays] { try await models.write(described(reserved.version), catalogued(["a"]), to: reserved) }
            try FileManager.default.createDirectory(atPath: folder + "/.pruned-0001", withIntermediateDirectories: true)
            try await models.removeLeftovers(except: ["training-2"])
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(left == [".0002.training-2", "last"])
        }
    }
}
