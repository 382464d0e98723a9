import Kernels
import Store
import Student
import T5Model
import Testing
import Tokenizers

@Suite(.timeLimit(.minutes(2)))
struct EpochPlanTests {
    /// The steps of an epoch whose histories cost 5 to 11 tokens, and whose texts 10.
    private static func steps(_ corpus: TrainingCorpus, _ recipe: TrainingRecipe, epoch: Int = 1) -> [[TrainingExample]] {
        let plan = EpochPlan(ExamplePool(corpus, recipe), recipe, epoch: epoch) { example in
            if case .next(let user) = example { 5 + user % 7 } else { 10 }
        }
        return plan.steps
    }

    /// 200 users with five interactions each, all of which have texts.
    private static func corpus() async throws -> TrainingCorpus {
        try await TrainingShop(users: 200, perUser: 7).inStore { store, _, split in try await TrialCorpus.read(store, split, .changed()) }
    }

    @Test func `An epoch has each history once; its steps are filled by tokens, in the mixture's shares`() async throws {
        let recipe = TrainingRecipe.changed {
            ($0.tokensPerStep, $0.mixture) = (400, TrainingRecipe.Mixture(explanation: 1, sequential: 2, rationales: 1, topN: 0))
        }
        let corpus = try await Self.corpus(), pool = ExamplePool(corpus, recipe), steps = Self.steps(corpus, recipe)
        let all = steps.flatMap(\.self)
        let histories = all.compactMap { if case .next(let user) = $0 { user } else { nil } }
        #expect(histories.sorted() == Array(0..<200))
        var tokens = [0, 0, 0]
        for (number, step) in steps.enumerated() {
            var here = [0, 0, 0]
            for example in step {
                switch example {
                case .next(let user): here[0] += 5 + user % 7
                case .explanation: here[1] += 10
                default: here[2] += 10
                }
            }
            for index in here.indices { tokens[index] += here[index] }
            // An example too much at the most, and the last has what is left.
            if number + 1 < steps.count {
                for (count, budget) in zip(here, [200, 100, 100]) { #expect(abs(count - budget) < 12, "step \(number): \(here)") }
            }
            #expect(Set(step).count == step.count, "none twice in a step")
        }
        let full = steps.count - 1
        for (count, budget) in zip(tokens, [200, 100, 100]) {
            #expect(count >= full * budget - 12 && count <= (full + 1) * budget + 12, "what one step takes too much the next takes less")
        }
        #expect(pool.next.count == 200 && pool.choice.isEmpty)
        #expect(pool.explanation.count + pool.rationales.count / 2 < 2_000 && pool.heldBack.count > 20)
        #expect(Set(all).isDisjoint(with: pool.heldBack), "texts that are held back are not trained on")
    }

    @Test func `It is the same for the same seed and epoch, and another for others`() async throws {
        let recipe = TrainingRecipe.changed(), corpus = try await Self.corpus()
        let first = Self.steps(corpus, recipe), second = Self.steps(corpus, recipe, epoch: 2)
        #expect(first == Self.steps(corpus, recipe))
        #expect(first != second && first != Self.steps(corpus, .changed { $0.seed = 2 }))
        // Of another epoch the histories too come in another order, not only the texts.
        func histories(_ steps: [[TrainingExample]]) -> [TrainingExample] {
            steps.flatMap(\.self).filter { if case .next = $0 { true } else { false } }
        }
        #expect(histories(first) != histories(second))
    }

    @Test func `What there is nothing of has no share, and few texts do not come twice in a step`() async throws {
        var recipe = TrainingRecipe.changed { $0.mixture = TrainingRecipe.Mixture(explanation: 0, sequential: 1, rationales: 0, topN: 0) }
        recipe.tokensPerStep = 400
        let corpus = try await Self.corpus(), alone = Self.steps(corpus, recipe)
        #expect(alone.flatMap(\.self).allSatisfy { if case .next = $0 { true } else { false } })
        // 200 histories of 5 to 11 tokens: about 8 each.
        #expect((3...5).contains(alone.count))
        var few = corpus
        let kept = few.users[0].steps[0].interaction
        few.rationales = few.rationales.filter { $0.key == kept }
        few.reviews = [:]
        let steps = Self.steps(few, .changed())
        #expect(steps.count > 5)
        for step in steps { #expect(Set(step).count == step.count) }
        few.users = []
        #expect(Self.steps(few, .changed()).isEmpty)
    }

    @Test func `A history read with the preferences of its beginning teaches what is behind that beginning alone`() async throws {
        let recipe = TrainingRecipe.changed {
            ($0.epochs, $0.preferenceShare, $0.encodesPreferences) = (1, 0.7, true)
            $0.mostPreferenceTokens = 1_000
        }
        let (trial, configuration) = try await TrainingShop(perUser: 8).inStore { store, folder, split in
            let trial = try await TrainedTrial(store, split, recipe, folder: folder + "/trial")
            let configuration = try trial.configuration
            return (trial, configuration)
        }
        var encoder = ExampleEncoder(trial.corpus, recipe, trial.prompts), cuts: [Int: Int] = [:]
        for epoch in 1...4 {
            for (user, known) in trial.corpus.users.enumerated() {
                var items = T5Batch(configuration, saysItems: true), words = T5Batch(configuration)
                try encoder.append(.next(user: user), epoch: epoch, items: &items, words: &words)
                #expect(words.sequenceCount == 0 && items.sequenceCount == 1)
                let cut = items.labels.prefix { $0 < 0 }.count
                cuts[cut, default: 0] += 1
                #expect(items.labels.dropFirst(cut).map(Int.init) == known.steps.dropFirst(cut).map(\.item))
                #expect(
                    items.decoderTokens.dropFirst().map { $0 - configuration.items.lowerBound }.map(Int.init)
                        == known.steps.dropLast().map(\.item))
                let read = trial.tokenizer.decode(items.encoderRows.filter { Int($0) < trial.tokenizer.vocabularyCount })
                let told = known.steps.prefix(cut).compactMap { trial.corpus.rationales[$0.interaction]?.preference }
                #expect(read.filter { $0 != " " } == told.joined().filter { $0 != " " })
            }
        }
        let count = cuts.values.reduce(0, +), whole = cuts[0] ?? 0
        #expect(abs(Double(whole) / Double(count) - 0.3) < 0.15, "\(cuts)")
        #expect(Set(cuts.keys) == Set(0...5), "any beginning but the whole: \(cuts)")
    }
}
