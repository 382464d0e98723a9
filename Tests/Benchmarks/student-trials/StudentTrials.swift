import ArgumentParser
import Foundation
import Kernels
import Store
import Student

/// Trains recipes on a store, and tells what each is worth on validation: how the presets were chosen. The test part is not read.
@main
struct StudentTrials: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "student-trials")

    @Option(help: "Directory of a store that no studentd has open, with a split.")
    var data: String

    @Option(help: "The preset to begin from.")
    var preset = "small"

    @Option(help: "A change of the recipe, as recipe.json names it: dropout=0.3. May be repeated.")
    var set: [String] = []

    @Option(help: "Seeds, one training each.")
    var seeds = 1

    @Option(help: "Threads of each training.")
    var threads = 1

    @Flag(help: "Tell each epoch.")
    var verbose = false

    func run() async throws {
        let store = try SQLiteStore(directory: data)
        guard let split = try await store.currentSplit() else { throw ValidationError("the store has no split: rdrec split") }
        let recipe = try changed()
        let corpus = try await TrialCorpus.read(store, split, recipe)
        await store.close()
        var results: [[String: Double]] = []
        for seed in 1...UInt64(max(seeds, 1)) {
            var recipe = recipe
            recipe.seed = seed
            let begin = ContinuousClock.now
            let kernels = try Kernels(team: ThreadTeam(threads: threads))
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trial-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: folder) }
            var best = try Trial.run(corpus, recipe, folder: folder, kernels: kernels) { epoch, metrics in
                if verbose { print("epoch \(epoch)", TrialFigures.line(metrics)) }
            }
            best["seconds"] = (ContinuousClock.now - begin) / .seconds(1)
            print("seed \(seed)", TrialFigures.line(best))
            results.append(best)
        }
        print(set.joined(separator: " "), "|", TrialFigures.line(TrialFigures.mean(results)))
    }

    private func changed() throws -> TrainingRecipe {
        guard let preset = StudentPreset(rawValue: preset) else { throw ValidationError("there is no preset \(preset)") }
        let text = try JSONEncoder().encode(preset.recipe)
        guard var fields = try JSONSerialization.jsonObject(with: text) as? [String: Any] else { throw ValidationError("no recipe") }
        for change in set {
            let parts = change.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, fields[parts[0]] != nil || parts[0] == "maximumGradientNorm" else {
                throw ValidationError("\(change): the fields are \(fields.keys.sorted().joined(separator: ", "))")
            }
            if parts[0] == "mixture" {
                let shares = parts[1].split(separator: ":").compactMap { Int($0) }
                guard shares.count == 4 else { throw ValidationError(change) }
                fields["mixture"] = ["explanation": shares[0], "sequential": shares[1], "rationales": shares[2], "topN": shares[3]]
            } else {
                fields[parts[0]] =
                    try JSONSerialization.jsonObject(with: Data(parts[1].utf8), options: .fragmentsAllowed)
            }
        }
        return try JSONDecoder().decode(TrainingRecipe.self, from: JSONSerialization.data(withJSONObject: fields))
    }
}
