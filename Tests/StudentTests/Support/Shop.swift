import Wire

/// Users `u0`, `u1`, …, each with reviews of `items` items, in order; the text says whose it is.
func shop(users: Int, items: Int) -> [Review] {
    (0..<users).flatMap { user in
        (0..<items).map { item in
            Review(
                userID: "u\(user)", itemID: "i\((user * 7 + item) % (2 * items))", text: "Text of user \(user) on item \(item).", rating: 4,
                timestampMs: Int64(1_000_000 + item * 1_000 + user))
        }
    }
}

extension Review {
    var record: IngestRecord { IngestRecord(record: .review(self)) }
}
