import LlamaModel
import Testing

@Suite(.serialized) struct EngineTests {
    @Test("A rationale's form has its words and ends at full stops, whatever the model wants")
    func form() async throws {
        try await ModelEngine.with { model in
            for review in ModelEngine.reviews {
                let result = try await model.engine.result(of: model.form(review))
                #expect(result.written.count == 2)
                for written in result.written {
                    #expect(written.text.last.map { ".!?".contains($0) } ?? false, "\(written.text)")
                    #expect(written.text.split(separator: " ").count >= 2 && !written.text.contains("\n"))
                    #expect(written.tokens.count <= 24)
                }
            }
        }
    }

    @Test("A request alone and among 31 others, in any order, has the same tokens")
    func company() async throws {
        var alone: [GenerationResult] = []
        let requests = { (model: ModelEngine) in
            (0..<32).map { index in
                model.form(
                    ModelEngine.reviews[index % 8] + (index < 8 ? "" : " Number \(index)."), budget: 12 + index % 5,
                    sampling: index % 3 == 0 ? Sampling(temperature: 0.8, topP: 0.9, topK: 40, seed: UInt64(index)) : Sampling())
            }
        }
        try await ModelEngine.with { model in
            for request in requests(model) { alone.append(try await model.engine.result(of: request)) }
        }
        for seed in [UInt64(1), 2] {
            var generator = SeededGenerator(seed)
            let order = (0..<32).shuffled(using: &generator)
            try await ModelEngine.with { model in
                let requests = requests(model)
                try await withThrowingTaskGroup(of: (Int, GenerationResult).self) { group in
                    for index in order { group.addTask { (index, try await model.engine.result(of: requests[index])) } }
                    for try await (index, result) in group {
                        #expect(result.written == alone[index].written, "request \(index), order \(seed)")
                    }
                }
                #expect(model.engine.load.cachedTokens > 0, "the shared beginning was not found")
            }
        }
    }

    @Test("Guesses from the review change nothing but the number of steps")
    func drafts() async throws {
        try await ModelEngine.with { model in
            for review in ModelEngine.reviews {
                let plain = try await model.engine.result(of: model.form(review, drafts: false))
                #expect(try await model.engine.result(of: model.form(review)).written == plain.written)
            }
            let load = model.engine.load
            #expect(load.acceptedTokens > 0 && load.acceptedTokens <= load.draftedTokens)
        }
    }

    @Test("Greedy text is what one step after the other gives")
    func greedy() async throws {
        let runner = try ModelRunner(.asStored, half: true)
        try await ModelEngine.with { model in
            let request = model.completion("<|im_start|>user\nName three colours.<|im_end|>\n<|im_start|>assistant\n", most: 40)
            let expected = runner.greedy(request.prompt, most: 40, ends: [0, 2])
            let result = try await model.engine.result(of: request)
            #expect(result.written[0].tokens == expected.filter { $0 != 0 && $0 != 2 })
            #expect(result.written[0].finish == (expected.count == 40 ? .length : .stop))
        }
    }

    @Test("Streamed text is the result's, and stop texts end it before they are told", arguments: [[], ["orange"], ["e, ", "zzz"]])
    func streams(_ stops: [String]) async throws {
        try await ModelEngine.with { model in
            let request = model.completion(
                "<|im_start|>user\nName three colours.<|im_end|>\n<|im_start|>assistant\nRed,", most: 30, stops: stops, streams: true)
            var text = "", tokens: [Int32] = [], result: GenerationResult?
            for try await event in try model.engine.generate(request) {
                switch event {
                case .text(let more, let chosen):
                    text += more
                    tokens += chosen
                case .finished(let end): result = end
                }
            }
            let written = try #require(result?.written.first)
            #expect(text == written.text && tokens == written.tokens)
            for stop in stops { #expect(!text.contains(stop)) }
        }
    }

    @Test("A seed gives its text, another one another")
    func seeds() async throws {
        try await ModelEngine.with { model in
            func text(_ seed: UInt64) async throws -> String {
                try await model.engine.result(
                    of: model.completion("Once upon a time", most: 24, sampling: Sampling(temperature: 1, seed: seed))
                ).written[0].text
            }
            let first = try await text(1)
            #expect(try await text(1) == first)
            #expect(try await text(2) != first)
        }
    }
}
