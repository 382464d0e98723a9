/// Room for items in a model that was trained without them, such as one of the folders that Hugging Face's library writes.
extension T5Parameters {
    /// The same parameters with rows for more tokens behind the vocabulary, in the embedding and in a head of its own.
    ///
    /// - Parameters:
    ///   - count: Rows to add, as ``ItemIndexing/addedTokenCount`` has it.
    ///   - seed: Of the new rows, which begin at random with the deviation that the rows of the vocabulary have.
    /// - Throws: More rows than tokens can have.
    package func addingItems(_ count: Int, seed: UInt64) throws(T5InputError) -> T5Parameters {
        guard count >= 0, configuration.vocabularyCount + count <= Int(Int32.max) else {
            throw T5InputError("\(count) rows for items behind a vocabulary of \(configuration.vocabularyCount)")
        }
        var grown = configuration
        grown.vocabularyCount += count
        grown.itemCount += count
        if let fault = grown.fault { throw T5InputError(fault) }
        let result = T5Parameters(grown)
        for entry in layout.entries {
            guard let from = self[entry.name], let to = result[entry.name], let base = from.baseAddress else { continue }
            to.baseAddress?.update(from: base, count: entry.count)
            guard to.count > entry.count else { continue }
            let mean = from.reduce(0.0) { $0 + Double($1) } / Double(from.count)
            let variance = from.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(from.count)
            var random = SplitMix64(seed: SplitMix64.mixed(seed, UInt64(entry.offset)))
            let deviation = Float(variance.squareRoot())
            for place in entry.count..<to.count { to[place] = random.normal() * deviation }
        }
        return result
    }
}
