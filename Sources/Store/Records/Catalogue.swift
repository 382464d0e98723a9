package import Wire

/// An item as the store has it.
package struct StoredItem: Sendable, Hashable {
    package var number: ItemNumber
    package var item: Item

    package init(number: ItemNumber, item: Item) {
        self.number = number
        self.item = item
    }
}

/// A user as the store has it.
package struct StoredUser: Sendable, Hashable {
    package var number: UserNumber
    /// The shop's own.
    package var id: String

    package init(number: UserNumber, id: String) {
        self.number = number
        self.id = id
    }
}

/// A rationale that training may see.
package struct TrainingRationale: Sendable, Hashable {
    package var number: RationaleNumber
    /// That it was written from a review of.
    package var interaction: InteractionNumber
    package var user: UserNumber
    package var item: ItemNumber
    package var userPreference: String
    package var itemAttributes: String
}
