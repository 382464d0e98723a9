import Foundation
import Kernels
import ModelFiles
import T5Model
import Testing

/// Folders that are written and read again.
@Suite struct CheckpointTests {
    @Test("What is saved is loaded again, bit for bit", arguments: GradientTests.forms)
    func saved(_ form: (gated: Bool, tied: Bool)) throws {
        let folder = try TemporaryFolder(), parameters = T5Parameters.random(.small(gated: form.gated, tied: form.tied, dropout: 0.1))
        try Checkpoint.save(parameters, to: folder.file("0001")) { try $0.write(Array("words".utf8), to: "spiece.model") }
        let files = ["config.json", "extra.safetensors", "generation_config.json", "model.safetensors", "spiece.model"]
        #expect(try folder.contents("0001") == files && folder.contents() == ["0001"])
        let loaded = try Checkpoint.load(folder.file("0001"))
        #expect(loaded.configuration == parameters.configuration && Array(loaded.values) == Array(parameters.values))
        // What transformers reads has nothing of ours.
        let names = try SafetensorsFile(path: folder.file("0001/model.safetensors")).tensorNames
        #expect(!names.contains { T5Layout.isExtra($0) } && names.contains(T5Layout.headName) == !form.tied)
    }

    @Test("A folder of transformers alone gets our parts at random, the same for the same seed")
    func withoutExtras() throws {
        let golden = GoldenT5.models[0], folder = try TemporaryFolder()
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(atPath: "\(golden.folder())/\(name)", toPath: folder.file(name))
        }
        let a = try Checkpoint.load(folder.path, seed: 7), b = try Checkpoint.load(folder.path, seed: 7)
        let c = try Checkpoint.load(folder.path, seed: 8)
        #expect(a.configuration.wholeWordCount == 512 && Array(a.values) == Array(b.values))
        let prompts = try #require(a[T5Layout.promptsName])
        #expect(prompts.allSatisfy { abs($0) <= 0.1 } && prompts.contains { abs($0) > 0.05 })
        #expect(try Array(prompts) != Array(#require(c[T5Layout.promptsName])))
        #expect(try Array(#require(a["shared.weight"])) == Array(#require(c["shared.weight"])))
    }

    @Test("A checkpoint is complete or not there, and never overwritten")
    func complete() throws {
        struct Stopped: Error {}
        let folder = try TemporaryFolder(), parameters = T5Parameters.random(.small())
        #expect(throws: Stopped.self) { try Checkpoint.save(parameters, to: folder.file("0001")) { _ in throw Stopped() } }
        #expect(try folder.contents() == [])
        try Checkpoint.save(parameters, to: folder.file("0001"))
        let before = try folder.bytes("0001/model.safetensors")
        let error = #expect(throws: ModelFileError.self) { try Checkpoint.save(T5Parameters(.small()), to: folder.file("0001")) }
        #expect(error?.message.contains("is there already") == true)
        #expect(try folder.bytes("0001/model.safetensors") == before && folder.contents() == ["0001"])
        #expect(throws: ModelFileError.self) { try Checkpoint.save(parameters, to: folder.file("none/0001")) }
    }

    /// A small model's folder, with one file changed.
    private func error(_ name: String, _ change: ([UInt8]) throws -> [UInt8]?) throws -> String {
        let folder = try TemporaryFolder()
        try Checkpoint.save(T5Parameters.random(.small()), to: folder.file("a"))
        if let bytes = try change(folder.bytes("a/\(name)")) {
            try folder.write(bytes, to: "a/\(name)")
        } else {
            try FileManager.default.removeItem(atPath: folder.file("a/\(name)"))
        }
        let error = #expect(throws: ModelFileError.self) { try Checkpoint.load(folder.file("a")) }
        return error?.description ?? ""
    }

    private func replaced(_ bytes: [UInt8], _ from: String, _ to: String) -> [UInt8] {
        // As Latin-1, in which each byte is a letter.
        let text = String(decoding: bytes.map(UInt16.init), as: UTF16.self).replacingOccurrences(of: from, with: to)
        return text.utf16.map(UInt8.init)
    }

    @Test("Errors name the file and what is wrong with it")
    func damaged() throws {
        #expect(try error("config.json") { _ in nil }.contains("a/config.json: cannot open it"))
        #expect(try error("model.safetensors") { _ in nil }.contains("a/model.safetensors: cannot open it"))
        #expect(try error("model.safetensors") { Array($0.dropLast(4)) }.contains("a/model.safetensors"))
        #expect(try error("config.json") { replaced($0, "\"d_ff\": 32", "\"d_ff\": 33") }.contains("and the model needs [33, 24]"))
        #expect(
            try error("config.json") { replaced($0, "\"num_layers\": 2", "\"num_layers\": 1") }
                .contains("has no place in the model"))
        #expect(
            try error("config.json") { replaced($0, "\"num_layers\": 2", "\"num_layers\": 3") }
                .contains("there is no tensor 'encoder.block.2"))
        #expect(try error("config.json") { replaced($0, "\"tasks\": 5", "\"tasks\": 4") }.contains("extra.safetensors: tensor 'prompt"))
        // More than any machine has: refused before memory is asked for.
        #expect(
            try error("config.json") {
                replaced(replaced($0, "\"d_model\": 24", "\"d_model\": 65536"), "\"vocab_size\": 40", "\"vocab_size\": 60000000")
            }.contains("'shared.weight' is [40, 24]"))
        // The last number of the file, as infinity.
        #expect(try error("model.safetensors") { Array($0.dropLast(4)) + [0, 0, 0x80, 0x7f] }.contains("infinite"))
    }
}
