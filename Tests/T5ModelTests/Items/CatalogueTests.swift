import T5Model
import Testing

@Suite struct CatalogueTests {
    @Test("The trie has every sequence, and nothing else")
    func trie() throws {
        var random = Generator(1)
        for _ in 0..<60 {
            let sequences = randomCatalogue(Int.random(in: 1...80, using: &random), tokens: 5, longest: 4, &random)
            let trie = try CatalogueTrie(sequences)
            #expect(trie.itemCount == sequences.count && trie.depth == sequences.map(\.count).max())
            var nodes: Set<Int> = [0]
            for (item, sequence) in sequences.enumerated() {
                var node = 0
                for token in sequence {
                    #expect(trie.leaves(node).contains(trie.leaf(item: item)))
                    node = try #require(trie.child(node, token: token))
                    #expect(trie.tokens[node] == token)
                    nodes.insert(node)
                }
                #expect(trie.isLeaf(node) && trie.leaves(node) == trie.leaf(item: item)..<trie.leaf(item: item) + 1)
                #expect(trie.item(leaf: trie.leaf(item: item)) == item)
            }
            #expect(trie.nodeCount == nodes.count)
            for node in 0..<trie.nodeCount {
                let children = trie.children(node), tokens = children.map { trie.tokens[$0] }
                #expect(tokens == tokens.sorted() && Set(tokens).count == tokens.count)
                #expect(children.flatMap { trie.leaves($0) } == (trie.isLeaf(node) ? [] : Array(trie.leaves(node))))
                for token in Int32(0)..<8 where !tokens.contains(token) { #expect(trie.child(node, token: token) == nil) }
            }
        }
    }

    @Test("Sequences that a decoder could not tell apart are refused, with the items")
    func refusals() {
        for (sequences, text) in [
            ([], "without items"), ([[1], []], "item 1 has no tokens"), ([[2, 3, 1], [4, 1], [2, 3, 1]], "items 0 and 2 have the same"),
            ([[2, 3, 4], [2, 3]], "item 1, [2, 3], begin those of item 0"), ([[2, -1]], "below 0"),
        ] as [([[Int32]], String)] {
            #expect { _ = try CatalogueTrie(sequences) } throws: { "\($0)".contains(text) }
        }
    }

    @Test("A view is the set of its items, below every node")
    func view() throws {
        var random = Generator(2)
        for _ in 0..<200 {
            let count = Int.random(in: 1...60, using: &random)
            let trie = try CatalogueTrie(randomCatalogue(count, tokens: 4, longest: 4, &random))
            func some(_ most: Int) -> [Int] {
                (0..<Int.random(in: 0...most, using: &random)).map { _ in Int.random(in: 0..<count, using: &random) }
            }
            let candidates = Bool.random(using: &random) ? nil : some(12), exclusions = some([0, 3, 100].randomElement(using: &random)!)
            let allowed = Set(candidates ?? Array(0..<count)).subtracting(exclusions)
            guard !allowed.isEmpty else {
                #expect { _ = try CatalogueView(trie, candidates: candidates, excluding: exclusions) } throws: {
                    "\($0)".contains("no item is left")
                }
                continue
            }
            let view = try CatalogueView(trie, candidates: candidates, excluding: exclusions)
            #expect(view.count == allowed.count)
            for item in -1...count { #expect(view.allows(item: item) == allowed.contains(item)) }
            for node in 0..<trie.nodeCount {
                func below(_ node: Int) -> Int { trie.leaves(node).count { allowed.contains(trie.item(leaf: $0)) } }
                #expect(view.count(below: node) == below(node))
                var children: [Int32] = []
                view.appendAllowedChildren(node, to: &children)
                #expect(children == trie.children(node).filter { below($0) > 0 }.map(Int32.init))
            }
        }
    }

    @Test("An empty view and items that are not there are errors")
    func viewRefusals() throws {
        let trie = try CatalogueTrie([[5], [6], [7]])
        for (candidates, exclusions, text) in [
            ([], [], "no item is left: 0 candidates"), (nil, [0, 1, 2], "no item is left: a catalogue of 3 without 3 exclusions"),
            ([1, 1], [1], "no item is left"), ([3], [], "item 3 as a candidate; the catalogue has items 0 to 2"),
            (nil, [-1], "item -1 as an exclusion"),
        ] as [([Int]?, [Int], String)] {
            #expect { _ = try CatalogueView(trie, candidates: candidates, excluding: exclusions) } throws: { "\($0)".contains(text) }
        }
        #expect(try CatalogueView(trie, candidates: [2]).count == 1)
        #expect(try CatalogueView(trie).count == 3)
    }
}
