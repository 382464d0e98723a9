/// How items are named to the model: which tokens the decoder says for one, and what a prompt holds in its place.
///
/// Items are numbered from 0 in the catalogue. Safe to use from any thread.
package protocol ItemIndexing: Sendable {
    var kind: ItemIndexKind { get }
    /// What the decoder may say: for each item the tokens that it is trained on.
    var trie: CatalogueTrie { get }
    /// Rows that the embedding needs behind the vocabulary.
    var addedTokenCount: Int { get }

    /// What the decoder says for an item: a path of the trie, with an end token where paths need one.
    func label(_ item: Int) -> [Int32]
    /// What stands for an item in a prompt, such as in a history.
    func spelling(_ item: Int) -> ItemSpelling
    /// What is needed to make the same again.
    var record: ItemIndexRecord { get }
}

extension ItemIndexing {
    package var itemCount: Int { trie.itemCount }
}

/// The strategies.
package enum ItemIndexKind: String, Sendable, Codable, CaseIterable {
    /// A token an item, with an embedding of its own.
    case atomic
    /// A path in a tree of items that are bought together.
    case collaborative
    /// The digits of a number that says nothing.
    case digitsRandom = "digits-random"
    /// The digits of the item's place in the order of appearance, test rows included: the paper's way. A test item follows the largest number
    /// of its user's history so often that this alone answers; for runs to compare with the paper, and always reported as such.
    case digitsInOrder = "digits-in-order"

    /// Whether results show the order of the data rather than the model.
    package var leaksTestOrder: Bool { self == .digitsInOrder }
}

/// What stands for an item in a prompt.
package enum ItemSpelling: Sendable, Equatable {
    /// Tokens as they are.
    case tokens([Int32])
    /// Words, for the tokenizer.
    case text(String)
}

/// An indexing as a file keeps it.
package struct ItemIndexRecord: Sendable, Codable, Equatable {
    /// Of this format.
    package var version = 1
    package let kind: ItemIndexKind
    package let itemCount: Int
    /// The first row of the embedding behind the vocabulary.
    package let firstToken: Int32
    /// Of digits: each item's number.
    package var numbers: [Int]?
    /// Of a tree: each item's path, the branch to take on each level.
    package var paths: [[Int]]?
    /// Of a tree: the branches of a node.
    package var branching: Int?
}
