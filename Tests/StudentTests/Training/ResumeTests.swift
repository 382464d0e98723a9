import Foundation
import Kernels
import ModelFiles
import Store
import Student
import Testing
import Wire

/// A training that is stopped goes on as if nothing had been: what comes out has the same bits.
@Suite(.timeLimit(.minutes(3)))
struct ResumeTests {
    /// Trains with a stop before each of these steps, numbered from 1 over all epochs and sessions.
    private static func trained(
        _ corpus: TrainingCorpus, _ recipe: TrainingRecipe, _ folder: String, stops: Set<Int>
    ) throws -> (metrics: [String: Double], steps: Int) {
        var open = stops, steps = 0
        while true {
            do {
                let metrics = try Trial.run(
                    corpus, recipe, folder: folder, kernels: trainingKernels(),
                    shouldStop: {
                        if open.remove(steps + 1) != nil { return true }
                        steps += 1
                        return false
                    })
                return (metrics, steps)
            } catch is CancellationError {}
        }
    }

    private static func bits(_ folder: String) throws -> [String: String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("best-") }
        #expect(names.count == 1, "the best alone is left: \(names)")
        var bits: [String: String] = [:]
        for name in names {
            for file in ["model.safetensors", "extra.safetensors"] {
                bits[name + "/" + file] = try fileDigest("\(folder)/\(name)/\(file)")
            }
        }
        return bits
    }

    private func check(_ recipe: TrainingRecipe, _ shop: TrainingShop = TrainingShop(), seed: UInt64) async throws {
        try await shop.inStore { store, folder, split in
            let corpus = try await TrialCorpus.read(store, split, recipe)
            let whole = try Self.trained(corpus, recipe, folder + "/whole", stops: [])
            var random = StreamRandom(seed: seed), stops: Set<Int> = []
            while stops.count < min(20, whole.steps) { stops.insert(1 + random.below(whole.steps)) }
            let parts = try Self.trained(corpus, recipe, folder + "/parts", stops: stops)
            #expect(parts.steps == whole.steps, "none is run twice")
            #expect(parts.metrics == whole.metrics, "stopped before \(stops.sorted()) of \(whole.steps)")
            #expect(try Self.bits(folder + "/parts") == Self.bits(folder + "/whole"))
        }
    }

    private static let many = TrainingRecipe.changed { ($0.epochs, $0.patience, $0.tokensPerStep) = (6, 6, 96) }

    @Test func `Stopped before 20 steps`() async throws { try await check(Self.many, seed: .random(in: 1 ... .max)) }

    @Test func `Stopped before 20 steps, with a mean of the weights and with preferences`() async throws {
        var recipe = Self.many
        recipe.averageDecay = 0.9
        (recipe.preferenceShare, recipe.encodesPreferences, recipe.startsWithPreferences) = (0.5, true, true)
        try await check(recipe, seed: .random(in: 1 ... .max))
    }

    @Test func `Without a user to validate by epochs are compared by their loss, wherever they were stopped`() async throws {
        var shop = TrainingShop(users: 60)
        shop.perUser = 2
        var recipe = Self.many
        recipe.tokensPerStep = 64
        try await check(recipe, shop, seed: .random(in: 1 ... .max))
    }

    @Test func `Weights that a killed process left of an epoch are written over`() async throws {
        try await TrainingShop().inStore { store, folder, split in
            let recipe = TrainingRecipe.changed { $0.epochs = 1 }
            let corpus = try await TrialCorpus.read(store, split, recipe)
            var other = recipe
            other.seed = 2
            _ = try Self.trained(corpus, other, folder + "/other", stops: [])
            let whole = try Self.trained(corpus, recipe, folder + "/whole", stops: [])
            try FileManager.default.createDirectory(atPath: folder + "/parts", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: folder + "/other/best-1-0", toPath: folder + "/parts/best-1-0")
            let parts = try Self.trained(corpus, recipe, folder + "/parts", stops: [2])
            #expect(parts.metrics == whole.metrics)
            #expect(try Self.bits(folder + "/parts") == Self.bits(folder + "/whole"))
        }
    }

    @Test func `One that has ended does nothing more`() async throws {
        try await TrainingShop().inStore { store, folder, split in
            let recipe = TrainingRecipe.changed { $0.epochs = 2 }
            let corpus = try await TrialCorpus.read(store, split, recipe)
            let first = try Self.trained(corpus, recipe, folder + "/trial", stops: [])
            let bits = try Self.bits(folder + "/trial")
            let second = try Self.trained(corpus, recipe, folder + "/trial", stops: [])
            #expect(second.steps == 0 && second.metrics == first.metrics)
            #expect(try Self.bits(folder + "/trial") == bits)
        }
    }

    @Test func `It ends when validation gets no better, and the best epoch is kept`() async throws {
        try await TrainingShop().inStore { store, folder, split in
            let recipe = TrainingRecipe.changed { ($0.epochs, $0.patience, $0.peakRate) = (40, 2, 1e-2) }
            let corpus = try await TrialCorpus.read(store, split, recipe)
            var values: [Double] = []
            let best = try Trial.run(corpus, recipe, folder: folder + "/trial", kernels: trainingKernels()) { number, metrics in
                #expect(number == values.count + 1)
                values.append(metrics["validation/ndcg@10"] ?? -1)
            }
            let greatest = try #require(values.max())
            #expect(best["validation/ndcg@10"] == greatest)
            let place = try #require(values.firstIndex(of: greatest)) + 1
            #expect(best["epoch"] == Double(place), "the first of those alike")
            #expect(values.count == min(40, place + 2) && greatest > 0.3, "\(values)")
        }
    }
}
