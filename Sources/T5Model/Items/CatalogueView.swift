/// The items that one request may have: all, or some candidates, without those that it excludes. A few sorted numbers beside the shared
/// trie; whether anything is left below a node is two binary searches.
package struct CatalogueView: Sendable {
    package let trie: CatalogueTrie
    /// Leaves in their order.
    private enum Leaves {
        case only([Int32])
        case allBut([Int32])
    }
    private let leaves: Leaves
    /// How many items are allowed, at least 1.
    package let count: Int

    /// - Parameters:
    ///   - candidates: The items to choose from; all when nil. One may be named twice.
    ///   - exclusions: Items that are not allowed, candidates or not.
    /// - Throws: An item that is not in the catalogue; when no item is left.
    package init(
        _ trie: CatalogueTrie, candidates: (some Collection<Int>)? = [Int]?.none, excluding exclusions: some Collection<Int> = []
    ) throws(CatalogueError) {
        let excluded = try Self.leaves(exclusions, trie, "an exclusion")
        if let candidates {
            var places = try Self.leaves(candidates, trie, "a candidate")
            if !excluded.isEmpty { places.removeAll { excluded.has($0) } }
            leaves = .only(places)
            count = places.count
        } else {
            leaves = .allBut(excluded)
            count = trie.itemCount - excluded.count
        }
        self.trie = trie
        guard count > 0 else {
            throw CatalogueError(
                "no item is left: \(candidates.map { "\($0.count) candidates" } ?? "a catalogue of \(trie.itemCount)") without "
                    + "\(exclusions.count) exclusions")
        }
    }

    /// The leaves of items, sorted, each once.
    private static func leaves(
        _ items: some Collection<Int>, _ trie: CatalogueTrie, _ what: String
    ) throws(CatalogueError) -> [Int32] {
        var places: [Int32] = []
        places.reserveCapacity(items.count)
        for item in items {
            guard item >= 0, item < trie.itemCount else {
                throw CatalogueError("item \(item) as \(what); the catalogue has items 0 to \(trie.itemCount - 1)")
            }
            places.append(Int32(trie.leaf(item: item)))
        }
        places.sort()
        var kept = 0
        for place in places where kept == 0 || places[kept - 1] != place {
            places[kept] = place
            kept += 1
        }
        places.removeLast(places.count - kept)
        return places
    }

    /// How many allowed items are below a node.
    package func count(below node: Int) -> Int {
        let range = trie.leaves(node)
        switch leaves {
        case .only(let some): return some.count(in: range)
        case .allBut(let others): return range.count - others.count(in: range)
        }
    }

    package func allows(item: Int) -> Bool {
        guard item >= 0, item < trie.itemCount else { return false }
        let leaf = Int32(trie.leaf(item: item))
        switch leaves {
        case .only(let some): return some.has(leaf)
        case .allBut(let others): return !others.has(leaf)
        }
    }

    /// Appends the nodes below a node that lead to an allowed item, in their order. Of few candidates below many nodes, the others are not
    /// looked at.
    package func appendAllowedChildren(_ node: Int, to nodes: inout [Int32]) {
        guard !trie.isLeaf(node) else { return }
        let range = trie.leaves(node)
        switch leaves {
        case .only(let some):
            var place = some.place(range.lowerBound)
            while place < some.count, Int(some[place]) < range.upperBound {
                let child = trie.child(node, leaf: Int(some[place]))
                nodes.append(Int32(child))
                place = some.place(trie.leaves(child).upperBound, from: place)
            }
        case .allBut(let others):
            var place = others.place(range.lowerBound)
            for child in trie.children(node) {
                let leaves = trie.leaves(child), begin = place
                while place < others.count, Int(others[place]) < leaves.upperBound { place += 1 }
                if place - begin < leaves.count { nodes.append(Int32(child)) }
            }
        }
    }
}

extension [Int32] {
    /// Of a sorted array, the place of the first number that is not below.
    fileprivate func place(_ number: Int, from: Int = 0) -> Int { (from..<count).partition { Int(self[$0]) >= number } }
    fileprivate func count(in range: Range<Int>) -> Int {
        let begin = place(range.lowerBound)
        return place(range.upperBound, from: begin) - begin
    }
    fileprivate func has(_ number: Int32) -> Bool {
        let place = place(Int(number))
        return place < count && self[place] == number
    }
}
