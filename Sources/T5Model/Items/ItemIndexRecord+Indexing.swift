package import Tokenizers

extension ItemIndexRecord {
    /// The indexing that the record is of.
    ///
    /// - Parameter tokenizer: The one it was made with; digits are encoded again.
    /// - Throws: What is missing or contradicts itself.
    package func indexing(_ tokenizer: SentencePieceTokenizer) throws(CatalogueError) -> any ItemIndexing {
        guard version == 1 else { throw CatalogueError("an item index of version \(version); 1 is read") }
        guard firstToken >= 0, (1...CatalogueTrie.mostItems).contains(itemCount) else {
            throw CatalogueError("an item index of \(itemCount) items whose first token is \(firstToken)")
        }
        switch kind {
        case .atomic:
            guard itemCount <= Int(Int32.max - firstToken) else { throw CatalogueError("an item index of \(itemCount) items") }
            return try AtomicIndexing(itemCount: itemCount, firstToken: firstToken)
        case .digitsRandom, .digitsInOrder:
            guard let numbers, numbers.count == itemCount else {
                throw CatalogueError("an item index of \(itemCount) items with \(numbers?.count ?? 0) numbers")
            }
            return try DigitsIndexing(kind, numbers, firstToken, tokenizer)
        case .collaborative:
            guard let paths, let branching, paths.count == itemCount, (2...4_096).contains(branching) else {
                throw CatalogueError(
                    "an item index of \(itemCount) items with \(paths?.count ?? 0) paths and \(branching ?? 0) branches a node")
            }
            guard paths.allSatisfy({ $0.count <= 64 }) else { throw CatalogueError("an item index with paths of more than 64 levels") }
            return try CollaborativeIndexing(paths: paths, branching: branching, firstToken: firstToken)
        }
    }
}
