import Foundation
import Testing

/// The default model, and what other programs made of it. Deploy/fetch-model.sh gets the model; the stage `models` of Deploy/test.sh runs
/// the tests of it, in release.
enum GoldenModel {
    struct Missing: Error, CustomStringConvertible {
        let path: String
        var description: String { "there is no model at \(path): run Deploy/fetch-model.sh, or set RDREC_TEST_MODEL" }
    }

    /// The file that RDREC_TEST_MODEL names, or the one where Deploy/fetch-model.sh puts it.
    static func path() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
        let path = environment["RDREC_TEST_MODEL"] ?? "\(cache)/rdrec/models/SmolLM2-135M-Instruct.Q4_1.gguf"
        guard FileManager.default.fileExists(atPath: path) else { throw Missing(path: path) }
        return path
    }

    static func fixture(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: fixturePath(name))) }

    /// A file beside the tests; its name may have folders.
    static func fixturePath(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appendingPathComponent(name).path
    }
}
