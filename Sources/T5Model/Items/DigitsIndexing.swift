package import Tokenizers

/// The digits of a number: no new tokens, and no meaning but what training gives. As in the paper a prompt has `item_1234`, and a label is
/// the number's tokens and the end token.
package struct DigitsIndexing: ItemIndexing {
    package let kind: ItemIndexKind
    package let trie: CatalogueTrie
    /// By item.
    package let numbers: [Int]
    private let labels: [[Int32]]
    private let firstToken: Int32

    /// Numbers without order: a permutation drawn by the seed, from 1,001 on, so that none is short and few begin another (Hua et al.,
    /// SIGIR-AP 2023, start there too).
    package static func random(
        itemCount: Int, seed: UInt64, firstToken: Int32, tokenizer: SentencePieceTokenizer
    ) throws(CatalogueError) -> DigitsIndexing {
        var numbers = Array(0..<max(itemCount, 0)), random = SplitMix64(seed: seed)
        for place in stride(from: numbers.count - 1, to: 0, by: -1) {
            numbers.swapAt(place, Int(random.next() % UInt64(place + 1)))
        }
        return try DigitsIndexing(.digitsRandom, numbers.map { $0 + 1_001 }, firstToken, tokenizer)
    }

    /// Numbers from 1 in the order of first appearance in the whole data, which leaks the answer: see ``ItemIndexKind/digitsInOrder``.
    ///
    /// - Parameter order: All items, in that order.
    package static func inOrder(
        _ order: [Int], firstToken: Int32, tokenizer: SentencePieceTokenizer
    ) throws(CatalogueError) -> DigitsIndexing {
        var numbers = [Int](repeating: 0, count: order.count)
        for (place, item) in order.enumerated() {
            guard order.indices.contains(item), numbers[item] == 0 else {
                throw CatalogueError("item \(item) at place \(place) of the order of \(order.count) items, which has each item once")
            }
            numbers[item] = place + 1
        }
        return try DigitsIndexing(.digitsInOrder, numbers, firstToken, tokenizer)
    }

    init(_ kind: ItemIndexKind, _ numbers: [Int], _ firstToken: Int32, _ tokenizer: SentencePieceTokenizer) throws(CatalogueError) {
        self.kind = kind
        self.numbers = numbers
        self.firstToken = firstToken
        labels = numbers.map { tokenizer.encode("\($0)") + [SentencePieceTokenizer.endToken] }
        if let item = labels.firstIndex(where: { $0.contains(SentencePieceTokenizer.unknownToken) }) {
            throw CatalogueError("the vocabulary has no digits for item \(item), number \(numbers[item]): train it on text with numbers")
        }
        trie = try CatalogueTrie(labels)
    }

    package var addedTokenCount: Int { 0 }
    package func label(_ item: Int) -> [Int32] { labels[item] }
    package func spelling(_ item: Int) -> ItemSpelling { .text("item_\(numbers[item])") }
    package var record: ItemIndexRecord {
        ItemIndexRecord(kind: kind, itemCount: itemCount, firstToken: firstToken, numbers: numbers)
    }
}
