import Foundation
import T5Model
import Testing
import Tokenizers

@Suite struct ItemIndexingTests {
    /// Users that buy within one of four groups of items, and now and then elsewhere.
    private func histories(_ items: Int, _ random: inout Generator) -> [[Int]] {
        (0..<800).map { user in
            (0..<8).map { _ in
                Int.random(in: 0..<20, using: &random) == 0
                    ? Int.random(in: 0..<items, using: &random) : Int.random(in: 0..<items / 4, using: &random) * 4 + user % 4
            }
        }
    }

    private func check(_ indexing: any ItemIndexing, _ tokenizer: SentencePieceTokenizer) throws {
        for item in 0..<indexing.itemCount {
            var node = 0
            for token in indexing.label(item) { node = try #require(indexing.trie.child(node, token: token)) }
            #expect(indexing.trie.isLeaf(node) && indexing.trie.item(leaf: indexing.trie.leaves(node).lowerBound) == item)
        }
        let json = try JSONEncoder().encode(indexing.record)
        let again = try JSONDecoder().decode(ItemIndexRecord.self, from: json).indexing(tokenizer)
        #expect(again.kind == indexing.kind && again.itemCount == indexing.itemCount && again.addedTokenCount == indexing.addedTokenCount)
        for item in 0..<indexing.itemCount {
            #expect(again.label(item) == indexing.label(item) && again.spelling(item) == indexing.spelling(item))
        }
    }

    @Test("Atomic: a token an item behind the vocabulary")
    func atomic() throws {
        let indexing = try AtomicIndexing(itemCount: 50, firstToken: 900)
        #expect(indexing.addedTokenCount == 50 && indexing.label(7) == [907] && indexing.spelling(49) == .tokens([949]))
        #expect(!indexing.kind.leaksTestOrder)
        try check(indexing, SmallTokenizer.load())
    }

    @Test("Digits: numbers that say nothing, and the paper's, which are marked")
    func digits() throws {
        let tokenizer = try SmallTokenizer.load()
        let random = try DigitsIndexing.random(itemCount: 300, seed: 4, firstToken: 900, tokenizer: tokenizer)
        #expect(random.numbers.sorted() == Array(1_001...1_300) && random.numbers != Array(1_001...1_300))
        #expect(random.addedTokenCount == 0 && random.label(3).last == 1)
        #expect(tokenizer.decode(random.label(3)) == "\(random.numbers[3])" && random.spelling(3) == .text("item_\(random.numbers[3])"))
        #expect(try DigitsIndexing.random(itemCount: 300, seed: 4, firstToken: 900, tokenizer: tokenizer).numbers == random.numbers)
        #expect(try DigitsIndexing.random(itemCount: 300, seed: 5, firstToken: 900, tokenizer: tokenizer).numbers != random.numbers)
        try check(random, tokenizer)
        // The order of the catalogue says nothing about the next number: the rule "largest so far plus one" is as good as chance.
        let hits = (1..<300).count { random.numbers[$0] == random.numbers[..<$0].max()! + 1 }
        #expect(hits < 10)

        let order = Array((0..<40).reversed()), leaky = try DigitsIndexing.inOrder(order, firstToken: 900, tokenizer: tokenizer)
        #expect(leaky.numbers == (0..<40).map { 40 - $0 } && leaky.kind.leaksTestOrder && leaky.spelling(39) == .text("item_1"))
        try check(leaky, tokenizer)
        #expect { _ = try DigitsIndexing.inOrder([0, 1, 1], firstToken: 9, tokenizer: tokenizer) } throws: {
            "\($0)".contains("item 1 at place 2")
        }
        #expect(ItemIndexKind.allCases.filter(\.leaksTestOrder) == [.digitsInOrder])
    }

    @Test("Collaborative: items of one group share their first token, every item has a path, and the same data give the same tree")
    func collaborative() throws {
        var random = Generator(3)
        let items = 200, histories = histories(items, &random)
        let indexing = try CollaborativeIndexing(itemCount: items + 7, histories: histories, branching: 4, firstToken: 900)
        #expect(indexing.itemCount == items + 7, "items that nobody has get a place too")
        #expect(Set(indexing.paths).count == items + 7 && indexing.paths.allSatisfy { $0.count <= 6 })
        #expect(indexing.addedTokenCount == 4 * (indexing.paths.map(\.count).max() ?? 0))
        for item in 0..<items + 7 {
            for (level, token) in indexing.label(item).enumerated() {
                #expect((900 + 4 * level..<904 + 4 * level).contains(Int(token)), "each level has tokens of its own")
            }
        }
        // The most frequent first branch of a group is its own, and nearly all of it is there.
        var owners: Set<Int> = []
        for group in 0..<4 {
            let branches = Dictionary(grouping: stride(from: group, to: items, by: 4)) { indexing.paths[$0][0] }.mapValues(\.count)
            let (branch, count) = try #require(branches.max { $0.value < $1.value })
            #expect(count >= 47, "group \(group): \(branches)")
            owners.insert(branch)
        }
        #expect(owners.count == 4)
        try check(indexing, SmallTokenizer.load())
        #expect(
            try CollaborativeIndexing(itemCount: items + 7, histories: histories, branching: 4, firstToken: 900).paths == indexing.paths)
    }

    @Test("Trees stay low whatever the histories are: none, one item, all in one cluster")
    func degenerate() throws {
        for histories in [[], [[0]], [[5, 5, 5]], [Array(0..<100)], (0..<100).map { [$0] }] as [[[Int]]] {
            for branching in [2, 3, 32] {
                let indexing = try CollaborativeIndexing(itemCount: 100, histories: histories, branching: branching, firstToken: 10)
                #expect(Set(indexing.paths).count == 100)
                #expect(indexing.paths.allSatisfy { $0.count <= (branching == 2 ? 17 : branching == 3 ? 8 : 2) })
            }
        }
        #expect(try CollaborativeIndexing(itemCount: 3, histories: [[0, 1]], branching: 4, firstToken: 0).paths == [[0], [1], [2]])
        #expect { _ = try CollaborativeIndexing(itemCount: 3, histories: [[0, 3]], firstToken: 0) } throws: {
            "\($0)".contains("item 3 at place 1")
        }
        #expect { _ = try CollaborativeIndexing(itemCount: 0, histories: [], firstToken: 0) } throws: { "\($0)".contains("0 items") }
        #expect { _ = try CollaborativeIndexing(itemCount: 3, histories: [], branching: 1, firstToken: 0) } throws: {
            "\($0)".contains("branches")
        }
    }

    @Test("Records that contradict themselves are refused")
    func records() throws {
        let tokenizer = try SmallTokenizer.load()
        for (json, text) in [
            (#"{"version": 2, "kind": "atomic", "itemCount": 3, "firstToken": 5}"#, "version 2"),
            (#"{"version": 1, "kind": "atomic", "itemCount": 0, "firstToken": 5}"#, "0 items"),
            (#"{"version": 1, "kind": "atomic", "itemCount": 5, "firstToken": 2147483647}"#, "5 items"),
            (#"{"version": 1, "kind": "atomic", "itemCount": 2000000000, "firstToken": 5}"#, "2000000000 items"),
            (
                #"{"version": 1, "kind": "collaborative", "itemCount": 1, "firstToken": 2147483647, "paths": [[1]], "branching": 4}"#,
                "no room"
            ),
            (#"{"version": 1, "kind": "digits-random", "itemCount": 3, "firstToken": 5, "numbers": [1, 2]}"#, "with 2 numbers"),
            (#"{"version": 1, "kind": "collaborative", "itemCount": 1, "firstToken": 5, "paths": [[4]], "branching": 4}"#, "path [4]"),
            (
                #"{"version": 1, "kind": "collaborative", "itemCount": 2, "firstToken": 5, "paths": [[1], [1]], "branching": 4}"#,
                "same tokens"
            ),
        ] {
            let record = try JSONDecoder().decode(ItemIndexRecord.self, from: Data(json.utf8))
            #expect { _ = try record.indexing(tokenizer) } throws: { "\($0)".contains(text) }
        }
    }
}
