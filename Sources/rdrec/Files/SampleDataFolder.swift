import SampleShop

/// A folder with what a shop would export, and what nobody there knows.
struct SampleDataFolder {
    private let path: String
    private static let names = ["reviews.jsonl", "items.jsonl", "truth.json"]

    /// Makes the folder where it is not there.
    /// - Parameter isForced: whether there may be something in it. Only the files of the same names are written over.
    /// - Throws: `CommandError`: `usage` for a folder in use, `system`.
    init(_ path: String, isForced: Bool) throws(CommandError) {
        self.path = path
        // A run that was stopped leaves its parts.
        try OutputFolder.prepare(path, isForced: isForced, besides: Self.names.map(PartialFile.partial))
    }

    /// Writes the files; each is there whole or not at all, and the truth last.
    func write(_ shop: Shop, json: OwnJSON) throws -> Truth {
        let customers = (0..<shop.userCount).map(shop.customer)
        var purchases = customers.flatMap(shop.purchases)
        let truth = Truth(of: shop, purchases: purchases)
        purchases.sort(by: Purchase.isEarlier)
        let writer = ReviewWriter(shop)
        var reviews = try file(0)
        for purchase in purchases {
            try reviews.write(json.text(of: writer.review(of: purchase, by: customers[purchase.user])).utf8)
            try reviews.write(CollectionOfOne(UInt8(ascii: "\n")))
        }
        try reviews.finish()
        var items = try file(1)
        for item in shop.items { try items.write("\(json.text(of: item.message(id: shop.itemID(item.index))))\n".utf8) }
        try items.finish()
        var planted = try file(2)
        try truth.writeJSON { text throws(CommandError) in try planted.write(text.utf8) }
        try planted.finish()
        return truth
    }

    private func file(_ index: Int) throws(CommandError) -> PartialFile { try PartialFile("\(path)/\(Self.names[index])") }
}
