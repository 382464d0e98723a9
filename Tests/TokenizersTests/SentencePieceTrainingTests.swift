import Foundation
import Testing
import Tokenizers

@Suite struct SentencePieceTrainingTests {
    private func corpus() throws -> [String] {
        String(decoding: try SentencePieceGolden.data("corpus.txt"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func pieces(_ tokenizer: SentencePieceTokenizer) -> [String] {
        (0..<tokenizer.pieceCount).map { tokenizer.entry(Int32($0)).text }
    }

    @Test("A trained vocabulary is nearly the reference's, and comes out the same again")
    func reference() throws {
        let lines = try corpus()
        let trained = try SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: 800), on: lines)
        #expect(trained.pieceCount == 800)
        // The reference was trained by 0.2.3; 0.1.97, Debian's, prunes a few pieces in another order: 787 are the same.
        let reference = Set(pieces(try SentencePieceGolden.plain.tokenizer()))
        #expect(reference.intersection(pieces(trained)).count >= 780)
        #expect(try SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: 800), on: lines).bytes == trained.bytes)
    }

    @Test("Padding, end and unknown are where T5 has them; names, underscores and numbers stay apart")
    func settings() throws {
        let lines = (0..<3_000).map { "user_\($0 % 97) item_\($0 * 7 % 1013) liked it: see item_\($0 % 31)" }
        let tokenizer = try SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: 120), on: lines)
        #expect(tokenizer.entry(0) == ("<pad>", 0, .control))
        #expect(tokenizer.entry(1) == ("</s>", 0, .control))
        #expect(tokenizer.entry(2).text == "<unk>" && tokenizer.entry(2).kind == .unknown)
        for piece in pieces(tokenizer).dropFirst(3) where piece.contains("_") { #expect(piece == "_") }
        let text = tokenizer.pieces("user_12 item_345").map(\.text)
        #expect(text.filter { $0 == "_" }.count == 2)
        #expect(tokenizer.decode(tokenizer.encode("user_12 item_345")) == "user_12 item_345")
    }

    @Test("With byte fallback no character is unknown")
    func bytes() throws {
        let tokenizer = try SentencePieceTokenizer.train(
            SentencePieceTraining(pieceCount: 500, byteFallback: true), on: ["a few words", "and a few more of them"])
        let ids = tokenizer.encode("数 a")
        #expect(!ids.contains(SentencePieceTokenizer.unknownToken) && tokenizer.decode(ids) == "数 a")
    }

    @Test("A small text gives the pieces that it has; no text, or no room for its letters, is an error")
    func limits() throws {
        #expect(try SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: 5_000), on: ["some words"]).pieceCount < 100)
        for (training, lines, text) in [
            (SentencePieceTraining(pieceCount: 100), [], "no text"), (SentencePieceTraining(pieceCount: 100), ["", ""], "no text"),
            (SentencePieceTraining(pieceCount: 8), ["abcdefghijklmnop"], "no vocabulary of 8"),
            (SentencePieceTraining(pieceCount: 2), ["a"], "8 to 1,000,000"),
            (SentencePieceTraining(pieceCount: 100, characterCoverage: 0), ["a"], "coverage"),
        ] {
            #expect { _ = try SentencePieceTokenizer.train(training, on: lines) } throws: { "\($0)".contains(text) }
        }
        // Blanks, controls and the library's own marks are no text either.
        for odd in [[" ", "  "], ["\u{2581}"], ["\u{2585}"], ["\u{0}"], ["\u{FFFD}"], ["\t\u{7}"]] {
            _ = try? SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: 100), on: odd)
        }
    }

    @Test("A line of any length is used")
    func longLine() throws {
        let line = (0..<20_000).map { "word\($0 % 7)" }.joined(separator: " ")
        let tokenizer = try SentencePieceTokenizer.train(SentencePieceTraining(pieceCount: 30), on: [line])
        #expect(!tokenizer.encode("word1 word6").contains(SentencePieceTokenizer.unknownToken))
    }
}
