/// A path in a tree of items that users have together: items that are near have the same first tokens (Hua et al., "How to index item ids",
/// SIGIR-AP 2023, CID). The tree comes from recursive spectral clustering of co-occurrence in the training split; each level has `branching`
/// tokens of its own, appended to the vocabulary, and the last token of a path tells items of one cluster apart.
package struct CollaborativeIndexing: ItemIndexing {
    package let trie: CatalogueTrie
    /// By item, the branch to take on each level.
    package let paths: [[Int]]
    package let branching: Int
    package let firstToken: Int32
    private let levels: Int

    /// Builds the tree. The same histories give the same tree.
    ///
    /// Takes seconds for 10,000 items, on the calling thread.
    ///
    /// - Parameters:
    ///   - histories: The items of each user in the training split, in order; nothing of what is tested. Items of the catalogue that none
    ///     has get a place too.
    ///   - branching: Branches of a node, 2 or more: clusters are split until they have no more items.
    package init(
        itemCount: Int, histories: some Sequence<[Int]>, branching: Int = 32, firstToken: Int32
    ) throws(CatalogueError) {
        guard (2...4_096).contains(branching) else { throw CatalogueError("\(branching) branches a node; 2 to 4,096 are possible") }
        let graph = try CooccurrenceGraph(itemCount: itemCount, histories: histories)
        var paths = [[Int]](repeating: [], count: itemCount), open = [Array(0..<itemCount)]
        while let cluster = open.popLast() {
            if cluster.count <= branching {
                for (branch, item) in cluster.enumerated() { paths[item].append(branch) }
                continue
            }
            let parts = SpectralClustering(graph.restricted(to: cluster), clusters: branching).parts()
            for (branch, part) in parts.enumerated() {
                let members = part.map { cluster[$0] }
                for item in members { paths[item].append(branch) }
                open.append(members)
            }
        }
        try self.init(paths: paths, branching: branching, firstToken: firstToken)
    }

    /// The tree of a record.
    init(paths: [[Int]], branching: Int, firstToken: Int32) throws(CatalogueError) {
        for (item, path) in paths.enumerated() {
            guard path.allSatisfy({ (0..<branching).contains($0) }) else {
                throw CatalogueError("item \(item) has the path \(path); a node has branches 0 to \(branching - 1)")
            }
        }
        self.paths = paths
        self.branching = branching
        self.firstToken = firstToken
        levels = paths.reduce(0) { max($0, $1.count) }
        guard levels * branching <= Int(Int32.max - firstToken) else {
            throw CatalogueError("a tree of \(levels) levels with \(branching) branches has no room behind token \(firstToken)")
        }
        trie = try CatalogueTrie(paths.map { Self.label($0, branching, firstToken) })
    }

    private static func label(_ path: [Int], _ branching: Int, _ firstToken: Int32) -> [Int32] {
        path.enumerated().map { firstToken + Int32($0 * branching + $1) }
    }

    package var kind: ItemIndexKind { .collaborative }
    package var addedTokenCount: Int { levels * branching }
    package func label(_ item: Int) -> [Int32] { Self.label(paths[item], branching, firstToken) }
    package func spelling(_ item: Int) -> ItemSpelling { .tokens(label(item)) }
    package var record: ItemIndexRecord {
        ItemIndexRecord(kind: kind, itemCount: itemCount, firstToken: firstToken, paths: paths, branching: branching)
    }
}
