import Foundation
import T5Model
import Testing
import Tokenizers

@Suite struct TaskPromptTests {
    private struct File: Decodable {
        struct Case: Decodable {
            let i: Int
            let text: String
            let pieces: [String]
            let whole_word_ids: [Int32]?
        }
        let strings: [Case]
    }

    @Test("Whole-word numbers are RDRec's")
    func wholeWords() throws {
        let cases = try JSONDecoder().decode(File.self, from: SmallTokenizer.data("unigram800.json")).strings
        let numbered = cases.filter { $0.whole_word_ids != nil }
        #expect(numbered.count == 10)
        for expected in numbered { #expect(WholeWords.numbers(expected.pieces) == expected.whole_word_ids, "string \(expected.i)") }
        #expect(WholeWords.numbers(["▁a", "_", "b", "_", "1"]) == [0, 0, 1, 1, 1], "an underscore without digits is no identifier")
        #expect(WholeWords.numbers(["_", "1"]) == [0, 0] && WholeWords.numbers([]) == [])
    }

    @Test("Identifiers spelt in digits are cut with the words around them, as RDRec does")
    func digits() throws {
        let tokenizer = try SmallTokenizer.load()
        let encoder = try PromptEncoder(tokenizer, DigitsIndexing.inOrder([0, 1, 2], firstToken: 900, tokenizer: tokenizer))
        let prompt = encoder.encode(TaskTemplates.prompt(.sequential, user: 12, items: [2, 0]))
        #expect(prompt.tokens == tokenizer.encode("user_12 item_3 item_1") + [1])
        #expect(prompt.wholeWords == [1, 1, 1, 2, 2, 2, 3, 3, 3, 0])
    }

    @Test("Tokens of items stand between words, and are numbered with the other identifiers")
    func tokens() throws {
        let tokenizer = try SmallTokenizer.load()
        let encoder = try PromptEncoder(tokenizer, AtomicIndexing(itemCount: 10, firstToken: 900))
        let prompt = encoder.encode(TaskPrompt(.topN, [.user(12), .text("buys"), .item(4), .item(9), .text("and user_7's"), .item(0)]))
        let middle = tokenizer.encode("and user_7's")
        #expect(prompt.tokens == tokenizer.encode("user_12 buys") + [904, 909] + middle + [900, 1])
        let buys = tokenizer.encode("buys").count
        #expect(prompt.wholeWords.prefix(3) == [1, 1, 1] && prompt.wholeWords[3..<3 + buys].allSatisfy { $0 == 0 })
        #expect(Array(prompt.wholeWords[(3 + buys)...].prefix(2)) == [2, 3])
        #expect(prompt.wholeWords.contains(4) && Array(prompt.wholeWords.suffix(2)) == [5, 0])
        #expect(prompt.tokens.count == prompt.wholeWords.count)
        // A path of several tokens is one identifier.
        let tree = try CollaborativeIndexing(itemCount: 20, histories: [Array(0..<20)], branching: 4, firstToken: 900)
        let path = PromptEncoder(tokenizer, tree).encode(TaskPrompt(.sequential, [.item(3), .item(4)]))
        #expect(path.tokens == tree.label(3) + tree.label(4) + [1])
        #expect(path.wholeWords == tree.label(3).map { _ in 1 } + tree.label(4).map { _ in 2 } + [0])
    }

    @Test("Every wording of every task holds what it is given, once, and the last one nothing else", arguments: RecommendationTask.allCases)
    func templates(_ task: RecommendationTask) {
        #expect(TaskTemplates.version == 1)
        let counts: [RecommendationTask: Int] = [.explanation: 9, .sequential: 8, .topN: 5, .preference: 1, .attributes: 1]
        #expect(TaskTemplates.count(task) == counts[task])
        let hasUser = task != .attributes, items = task == .preference ? [] : task == .sequential || task == .topN ? [5, 6, 7] : [5]
        for wording in 0..<TaskTemplates.count(task) {
            let prompt = TaskTemplates.prompt(task, wording: wording, user: hasUser ? 3 : nil, items: items)
            #expect(prompt.task == task)
            #expect(prompt.parts.count { $0 == .user(3) } == (hasUser ? 1 : 0), "wording \(wording)")
            #expect(prompt.parts.compactMap { if case .item(let item) = $0 { item } else { nil } } == items, "wording \(wording)")
            #expect(!"\(prompt.parts)".contains("{"), "wording \(wording)")
        }
        if counts[task] ?? 0 > 1 {
            let bare = TaskTemplates.prompt(task, user: 3, items: items).parts
            #expect(bare == [.user(3)] + items.map { .item($0) })
        }
        // A history of somebody unknown.
        #expect(TaskTemplates.prompt(.sequential, items: [1]).parts == [.item(1)])
    }
}
