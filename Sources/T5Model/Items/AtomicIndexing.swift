/// One token an item, appended to the vocabulary: item i is row firstToken + i of the embedding. A label is that token and nothing more, so
/// that one step of the decoder ranks the whole catalogue.
package struct AtomicIndexing: ItemIndexing {
    package let trie: CatalogueTrie
    /// The first row of the embedding behind the vocabulary.
    package let firstToken: Int32

    package init(itemCount: Int, firstToken: Int32) throws(CatalogueError) {
        self.firstToken = firstToken
        trie = try CatalogueTrie((0..<Int32(clamping: itemCount)).map { [firstToken + $0] })
    }

    package var kind: ItemIndexKind { .atomic }
    package var addedTokenCount: Int { itemCount }
    package func label(_ item: Int) -> [Int32] { [firstToken + Int32(item)] }
    package func spelling(_ item: Int) -> ItemSpelling { .tokens(label(item)) }
    package var record: ItemIndexRecord { ItemIndexRecord(kind: kind, itemCount: itemCount, firstToken: firstToken) }
}
