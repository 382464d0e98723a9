/// The items of a version, by their places: 0 ..< count.
///
/// The order is that of a digest of the items' ids, so that nothing of the store's numbering or of time is in it: whatever is learnt of places
/// is the same however the items came in.
package struct ModelCatalogue: Sendable, Equatable {
    package let ids: [String]
    package let titles: [String]
    package let categories: [[String]]
    /// How often training saw each taken.
    package let trainingCounts: [Int]
    private let places: [Key: Int]

    package init(ids: [String], titles: [String], categories: [[String]], trainingCounts: [Int]) {
        precondition(
            titles.count == ids.count && categories.count == ids.count && trainingCounts.count == ids.count, "columns of one length")
        self.ids = ids
        self.titles = titles
        self.categories = categories
        self.trainingCounts = trainingCounts
        places = Dictionary(ids.enumerated().map { (Key($1), $0) }) { first, _ in first }
    }

    package var count: Int { ids.count }

    /// Nil for what was not there when the version was trained.
    package func place(_ id: String) -> Int? { places[Key(id)] }

    /// An id as it was given: of two spellings of one text each is an id.
    private struct Key: Hashable {
        let bytes: [UInt8]
        init(_ id: String) { bytes = Array(id.utf8) }
    }
}

extension ModelCatalogue: Codable {
    private enum CodingKeys: String, CodingKey {
        case ids, titles, categories
        case trainingCounts = "training_counts"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let ids = try values.decode([String].self, forKey: .ids), titles = try values.decode([String].self, forKey: .titles)
        let categories = try values.decode([[String]].self, forKey: .categories)
        let counts = try values.decode([Int].self, forKey: .trainingCounts)
        guard titles.count == ids.count, categories.count == ids.count, counts.count == ids.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .ids, in: values, debugDescription: "\(ids.count) ids, \(titles.count) titles, \(counts.count) counts")
        }
        self.init(ids: ids, titles: titles, categories: categories, trainingCounts: counts)
        guard places.count == ids.count else {
            throw DecodingError.dataCorruptedError(forKey: .ids, in: values, debugDescription: "an id comes twice")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(ids, forKey: .ids)
        try values.encode(titles, forKey: .titles)
        try values.encode(categories, forKey: .categories)
        try values.encode(trainingCounts, forKey: .trainingCounts)
    }
}
