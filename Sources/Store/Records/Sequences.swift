package import Wire

/// A user's interactions as a split divides them.
package struct UserSequence: Sendable, Hashable {
    package struct Step: Sendable, Hashable {
        package var interaction: InteractionNumber
        package var item: ItemNumber
        /// Unix, in milliseconds; 0 = unknown.
        package var time: Int64
        package var part: SplitPart
    }

    package var user: UserNumber
    /// Oldest first: by time, then by the order in which they came. Those that came after the split was made are not among them.
    package var steps: [Step]
}

/// Where an interaction stands in time: by its time, then by the order of coming.
package struct Moment: Sendable, Hashable, Comparable {
    /// Unix, in milliseconds; 0 = unknown, which is before all others.
    package var time: Int64
    package var interaction: InteractionNumber

    package init(time: Int64, interaction: InteractionNumber) {
        self.time = time
        self.interaction = interaction
    }

    package static func < (one: Moment, other: Moment) -> Bool {
        (one.time, one.interaction.rawValue) < (other.time, other.interaction.rawValue)
    }
}
