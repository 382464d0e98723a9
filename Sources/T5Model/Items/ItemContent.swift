package import Kernels

/// What is known of items beside who took them, as weighted words: [items, words], such as tf-idf of what is said of each.
///
/// With it an item's row of the embedding is its own plus features · W, W being the parameter `item_content.weight` [words, D], which all items
/// share: one that is rare or new is not blank. Passes read the sum; gradients go to both.
package final class ItemContent: Sendable {
    package let features: SparseRows
    let transposed: SparseRows

    package init(_ features: SparseRows) {
        self.features = features
        transposed = features.transposed
    }

    /// Nothing of any item, for a model whose items' rows have all; nil where it has no words.
    package static func none(_ c: T5Configuration) -> ItemContent? {
        c.contentWordCount == 0 ? nil : ItemContent(SparseRows(columnCount: c.contentWordCount, Array(repeating: [], count: c.itemCount)))
    }
}

extension T5Weights {
    /// [V, D], the embedding as passes read it: with what items' content adds.
    package func embedding(_ parameters: T5Parameters) -> Rows {
        embeddingAndPrompts(parameters)[0..<parameters.configuration.vocabularyCount]
    }

    /// [V + tasks · prompts, D].
    package func embeddingAndPrompts(_ parameters: T5Parameters) -> Rows {
        guard content != nil else { return Rows(parameters.embeddingAndPrompts) }
        let c = parameters.configuration
        return Rows(MutableRows(used.bytes.assumingMemoryBound(to: Float.self), count: c.vocabularyCount + c.promptCount, columns: c.width))
    }

    /// [V, D], what the decoder's states are multiplied with.
    func head(_ parameters: T5Parameters) -> Rows {
        parameters.configuration.isTied ? embedding(parameters) : Rows(parameters.head)
    }

    /// Sums up the embedding anew.
    func addContent(_ parameters: T5Parameters, kernels: Kernels) {
        guard let content else { return }
        let c = parameters.configuration, own = parameters.embeddingAndPrompts
        precondition(
            content.features.rowCount == c.itemCount && content.features.columnCount == c.contentWordCount,
            "content of \(content.features.rowCount) items in \(content.features.columnCount) words for a model of others")
        let sum = MutableRows(used.bytes.assumingMemoryBound(to: Float.self), count: own.count, columns: c.width)
        sum.base.update(from: own.base, count: own.count * c.width)
        kernels.multiplyAdd(
            content.features, by: Rows(parameters.itemContent), to: sum[c.baseVocabularyCount..<c.vocabularyCount])
    }

    /// The gradient of W, of those of the items' rows, once these are complete.
    func finish(_ gradients: T5Parameters, kernels: Kernels) {
        guard let content else { return }
        let c = gradients.configuration
        kernels.multiplyAdd(
            content.transposed, by: Rows(gradients.embedding[c.baseVocabularyCount..<c.vocabularyCount]), to: gradients.itemContent)
    }
}

extension T5Parameters {
    /// The same model with what content adds in the items' rows, to be read with no content any more: one that is done, whose rows
    /// `transformers` reads as they are.
    package func withContentInRows(_ content: ItemContent, kernels: Kernels) -> T5Parameters {
        let result = T5Parameters(configuration)
        result.copy(from: self)
        kernels.multiplyAdd(
            content.features, by: Rows(itemContent),
            to: result.embedding[configuration.baseVocabularyCount..<configuration.vocabularyCount])
        return result
    }
}
