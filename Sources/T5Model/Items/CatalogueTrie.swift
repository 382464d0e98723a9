/// The token sequences of all items as one tree: what a decoder may say. Shared by all requests and never copied; a ``CatalogueView`` says
/// which items of it a request may have.
///
/// Nodes are numbered level by level, those below one node next to each other in the order of their tokens; node 0 is the root. Leaves are
/// items, numbered from left to right, so that those below any node are a range.
package final class CatalogueTrie: Sendable {
    static let mostItems = 1 << 26

    /// Items, numbered from 0.
    package let itemCount: Int
    /// Tokens of the longest sequence.
    package let depth: Int
    /// [nodes], the token that leads to each; -1 of the root.
    package let tokens: [Int32]
    /// [nodes + 1], where the nodes below each begin.
    private let firstChild: [Int32]
    /// [nodes], where the leaves below each begin.
    private let firstLeaf: [Int32]
    /// [nodes], and end.
    private let endLeaf: [Int32]
    /// [leaves].
    private let items: [Int32]
    /// [items].
    private let places: [Int32]

    /// - Parameter sequences: By item; no two equal, none the beginning of another. Where one would be, all end in the end token.
    /// - Throws: Which items cannot be told apart.
    package init(_ sequences: [[Int32]]) throws(CatalogueError) {
        guard !sequences.isEmpty else { throw CatalogueError("a catalogue without items") }
        guard sequences.count <= Self.mostItems else {
            throw CatalogueError("\(sequences.count) items; at most \(Self.mostItems) are possible")
        }
        for (item, sequence) in sequences.enumerated() {
            guard !sequence.isEmpty else { throw CatalogueError("item \(item) has no tokens") }
            guard sequence.allSatisfy({ $0 >= 0 }) else { throw CatalogueError("item \(item) has a token below 0: \(sequence)") }
        }
        let order = sequences.indices.sorted { sequences[$0].lexicographicallyPrecedes(sequences[$1]) }
        for (left, right) in zip(order, order.dropFirst()) where sequences[right].starts(with: sequences[left]) {
            throw sequences[left] == sequences[right]
                ? CatalogueError("items \(min(left, right)) and \(max(left, right)) have the same tokens, \(sequences[left])")
                : CatalogueError(
                    "the tokens of item \(left), \(sequences[left]), begin those of item \(right), \(sequences[right]): both need an end token"
                )
        }

        var tokens: [Int32] = [-1], firstChild: [Int32] = [], firstLeaf: [Int32] = [0], endLeaf = [Int32(order.count)]
        var node = 0, level = 0, levelEnd = 1
        while node < tokens.count {
            if node == levelEnd {
                level += 1
                levelEnd = tokens.count
            }
            firstChild.append(Int32(tokens.count))
            var leaf = Int(firstLeaf[node])
            let end = Int(endLeaf[node])
            while leaf < end, sequences[order[leaf]].count > level {
                let token = sequences[order[leaf]][level], begin = leaf
                while leaf < end, sequences[order[leaf]][level] == token { leaf += 1 }
                tokens.append(token)
                firstLeaf.append(Int32(begin))
                endLeaf.append(Int32(leaf))
            }
            node += 1
        }
        firstChild.append(Int32(tokens.count))
        itemCount = order.count
        depth = sequences.reduce(0) { max($0, $1.count) }
        self.tokens = tokens
        self.firstChild = firstChild
        self.firstLeaf = firstLeaf
        self.endLeaf = endLeaf
        items = order.map(Int32.init)
        var places = [Int32](repeating: 0, count: order.count)
        for (leaf, item) in order.enumerated() { places[item] = Int32(leaf) }
        self.places = places
    }

    package var nodeCount: Int { tokens.count }

    /// The nodes below a node, in the order of their tokens.
    package func children(_ node: Int) -> Range<Int> { Int(firstChild[node])..<Int(firstChild[node + 1]) }

    package func isLeaf(_ node: Int) -> Bool { firstChild[node] == firstChild[node + 1] }

    /// The leaves below a node, or the leaf that it is.
    package func leaves(_ node: Int) -> Range<Int> { Int(firstLeaf[node])..<Int(endLeaf[node]) }

    /// The item of a leaf, by the leaf's place from left to right.
    package func item(leaf: Int) -> Int { Int(items[leaf]) }

    /// The leaf of an item.
    package func leaf(item: Int) -> Int { Int(places[item]) }

    /// The node that a token leads to; nil where it leads nowhere.
    package func child(_ node: Int, token: Int32) -> Int? {
        let all = children(node), place = all.partition { tokens[$0] >= token }
        return place < all.upperBound && tokens[place] == token ? place : nil
    }

    /// The child that a leaf lies below.
    func child(_ node: Int, leaf: Int) -> Int { children(node).partition { Int(endLeaf[$0]) > leaf } }
}

extension Range<Int> {
    /// The first place for which the condition holds, and with it for all after; the end when for none.
    func partition(_ holds: (Int) -> Bool) -> Int {
        var low = lowerBound, high = upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
