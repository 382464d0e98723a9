import Foundation
import Kernels
import T5Model
import Testing

@Suite struct TextDecoderTests {
    @Test("A request gets in a batch what it gets alone, bit for bit", arguments: GoldenT5.models)
    func alone(_ golden: GoldenT5) throws {
        let requests = try golden.textRequests()
        for precision in [ProductPrecision.float32, .bfloat16] {
            let decoder = try TextDecoder(golden.model(precision))
            var diverse = TextSearch(beams: 6, mostTokens: 8)
            diverse.groups = 3
            diverse.diversityPenalty = 0.7
            for search in [TextSearch(mostTokens: 12), TextSearch(beams: 5, mostTokens: 12), diverse] {
                let together = try decoder.generate(requests, search)
                for (request, texts) in zip(requests, together) { #expect(try decoder.generate([request], search) == [texts]) }
                let many = (0..<150).map { requests[$0 % requests.count] }
                #expect(try decoder.generate(many, search) == many.indices.map { together[$0 % requests.count] })
            }
        }
    }

    @Test("Texts have at least the fewest tokens and at most the most", arguments: GoldenT5.models, [1, 4])
    func lengths(_ golden: GoldenT5, _ beams: Int) throws {
        let decoder = try TextDecoder(golden.model())
        for (fewest, most) in [(0, 1), (0, 4), (3, 4), (5, 9)] {
            var search = TextSearch(beams: beams, mostTokens: most)
            search.fewestTokens = fewest
            for texts in try decoder.generate(golden.textRequests(), search) {
                #expect(texts.count == beams)
                for text in texts {
                    #expect(text.tokens.count >= fewest && text.tokens.count + (text.isEnded ? 1 : 0) <= most && !text.tokens.contains(1))
                    #expect(text.isEnded || text.tokens.count == most)
                }
            }
        }
    }

    @Test("Groups without a penalty say the same, which comes once; with a high one they begin differently", arguments: GoldenT5.models)
    func groups(_ golden: GoldenT5) throws {
        let decoder = try TextDecoder(golden.model()), requests = try golden.textRequests()
        let plain = try decoder.generate(requests, TextSearch(beams: 3, mostTokens: 6))
        var search = TextSearch(beams: 9, mostTokens: 6)
        search.groups = 3
        #expect(try decoder.generate(requests, search) == plain)
        search.beams = 3
        search.diversityPenalty = 1_000
        search.lengthPenalty = 0
        for texts in try decoder.generate(requests, search) {
            #expect(texts.count == 3)
            // What each group says first, the end included.
            #expect(Set(texts.map { $0.tokens.first ?? 1 }).count == 3)
        }
    }

    @Test("A penalty costs what it says")
    func penalty() throws {
        let golden = GoldenT5.models[0], decoder = try TextDecoder(golden.model()), requests = try golden.textRequests()
        var search = TextSearch(beams: 2, mostTokens: 1)
        search.groups = 2
        search.lengthPenalty = 0
        let best = try decoder.generate(requests, TextSearch(beams: 2, mostTokens: 1))
        for penalty in [0.001, 1_000] {
            search.diversityPenalty = penalty
            for (texts, plain) in zip(try decoder.generate(requests, search), best) {
                #expect(texts[0] == plain[0])
                if penalty == 1_000 { #expect(texts[1].tokens == plain[1].tokens) }
            }
        }
    }

    @Test("A search that cannot be done, and what cannot be read, are errors")
    func errors() throws {
        let decoder = try TextDecoder(GoldenT5.models[0].model())
        func fault(_ change: (inout TextSearch) -> Void) -> String {
            var search = TextSearch(beams: 4, mostTokens: 6)
            change(&search)
            do { _ = try decoder.generate([TextRequest(tokens: [5])], search) } catch { return "\(error)" }
            return ""
        }
        #expect(fault { $0.beams = 0 }.contains("0 beams"))
        #expect(fault { $0.groups = 3 }.contains("divisible"))
        #expect(fault { $0.mostTokens = 0 }.contains("0 to 0 tokens"))
        #expect(fault { $0.fewestTokens = 6 }.contains("6 to 6 tokens"))
        #expect(fault { $0.diversityPenalty = .nan }.contains("penalty of nan"))
        #expect(fault { _ in } == "")
        #expect { _ = try decoder.generate([TextRequest(tokens: [5]), TextRequest(tokens: [-1])], TextSearch()) } throws: {
            "\($0)".contains("request 1") && "\($0)".contains("token -1")
        }
        #expect(try decoder.generate([], TextSearch()) == [])
        var negative = TextSearch()
        negative.unrepeatedTokens = -1
        #expect(throws: T5InputError.self) { try decoder.generate([], negative) }
    }

    @Test("No run of tokens comes twice where that is asked for, and the rest is as it was", arguments: [1, 3])
    func unrepeated(_ beams: Int) throws {
        let c = T5Configuration.small(), decoder = TextDecoder(try T5Model.random(c))
        let requests = [TextRequest(tokens: [5, 6]), TextRequest(tokens: [9])]
        var search = TextSearch(beams: beams, mostTokens: 30)
        let plain = try decoder.generate(requests, search)
        for run in 1...3 {
            search.unrepeatedTokens = run
            for (texts, before) in zip(try decoder.generate(requests, search), plain) {
                for (text, old) in zip(texts, before) {
                    let runs = text.tokens.count < run ? [] : (0...text.tokens.count - run).map { Array(text.tokens[$0..<$0 + run]) }
                    #expect(Set(runs).count == runs.count, "runs of \(run) in \(text.tokens)")
                    // Greedy goes the same way up to the first run that would come again.
                    if beams == 1 {
                        let common = zip(text.tokens, old.tokens).prefix { $0 == $1 }.count
                        let begun = Array(old.tokens.prefix(common + 1)).suffix(run)
                        let repeats =
                            common < old.tokens.count
                            && old.tokens.prefix(common).indices.contains {
                                $0 + run <= common && Array(old.tokens[$0..<$0 + run]) == Array(begun)
                            }
                        #expect(text.tokens == old.tokens || repeats, "\(text.tokens) and \(old.tokens)")
                    }
                }
            }
        }
    }

    @Test func `A text that is stopped is none`() throws {
        let decoder = TextDecoder(try T5Model.random(T5Configuration.small()))
        var steps = 0
        let stopped = try decoder.generate([TextRequest(tokens: [5])], TextSearch(mostTokens: 20)) {
            steps += 1
            return steps > 3
        }
        #expect(stopped == nil && steps == 4)
    }

    @Test func `What is behind the words is not said`() throws {
        let decoder = TextDecoder(try T5Model.random(T5Configuration.small()))
        var search = TextSearch(beams: 2, mostTokens: 12)
        search.wordCount = 6
        for texts in try decoder.generate([TextRequest(tokens: [5]), TextRequest(tokens: [9, 30])], search) {
            for text in texts { #expect(text.tokens.allSatisfy { $0 < 6 }) }
        }
    }
}
