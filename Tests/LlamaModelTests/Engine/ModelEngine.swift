import Foundation
import Kernels
import LlamaModel
import ModelFiles
import Testing
import Tokenizers

/// An engine with the default model, and requests for it, for tests.
struct ModelEngine {
    let engine: Engine
    let template: ChatTemplate

    /// Runs `body` with an engine that is stopped in the end.
    static func with(_ configuration: EngineConfiguration = EngineConfiguration(), _ body: (ModelEngine) async throws -> Void) async throws
    {
        let file = try GGUFFile(path: GoldenModel.path())
        let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: 2))
        let weights = try LlamaWeights(file, contextLength: configuration.contextLength, kernels: kernels)
        let engine = Engine(LlamaModel(weights, kernels: kernels), tokenizer: try TokenizerLoading.tokenizer(of: file), configuration)
        let result: Result<Void, any Error>
        do {
            try await body(ModelEngine(engine: engine, template: ChatTemplate(recognising: file.string("tokenizer.chat_template"))))
            result = .success(())
        } catch { result = .failure(error) }
        // Waits for a step at most.
        engine.stop()
        try result.get()
    }

    func prompt(_ review: String) -> [PromptPart] {
        template.prompt([
            ChatMessage(
                .user,
                "A user bought an item and said \"\(review)\". Use two sentences to explain the user's preference and the item's attributes, respectively."
            )
        ])
    }

    /// A rationale's form, in short.
    func form(_ review: String, budget: Int = 24, sampling: Sampling = Sampling(), drafts: Bool = true) -> Generation {
        Generation(
            parts: [
                .given(engine.tokenizer.encode(prompt(review) + [.template("The user prefers")])),
                .written(Generation.Writing(maxTokens: budget, style: .sentence)),
                .given(engine.tokenizer.encode(" The item's attributes are", parsingSpecial: false)),
                .written(Generation.Writing(maxTokens: budget, style: .sentence)),
            ], sampling: sampling, draftSource: drafts ? engine.tokenizer.encode(" " + review, parsingSpecial: false) : [])
    }

    func completion(
        _ text: String, most: Int, stops: [String] = [], sampling: Sampling = Sampling(), streams: Bool = false
    ) -> Generation {
        Generation(
            parts: [
                .given(engine.tokenizer.encode(text, parsingSpecial: true)),
                .written(Generation.Writing(maxTokens: most, style: .free(stops: stops))),
            ], sampling: sampling, streams: streams)
    }

    static let reviews = [
        "These strings sound bright and last a month of daily playing. The low E is a bit stiff, but tuning stays put.",
        "Cheap cable, stopped working after two weeks. I would not buy it again.",
        "My daughter loves this ukulele! Easy to tune, light, and the colour is lovely.",
        "It is what it is: a stand. Holds 2.5 kg without wobbling, folds flat, fits in my gig bag.",
        "Great pedal.", "The picks are thin. I wanted thick ones. They slip out of my fingers when I sweat, and the print wore off.",
        "Excellent tone for the price, though the \"gold\" hardware is plastic. Mr. Brown at the shop said the same.",
        "Works with my phone and my laptop; no driver was needed. The manual is useless.",
    ]
}
