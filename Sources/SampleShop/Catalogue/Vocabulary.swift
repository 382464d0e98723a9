/// What the shop sells: outdoor goods of six families, each of five categories that people buy one after the other.
package enum Family: Int, CaseIterable, Sendable {
    case shelter
    case kitchen
    case footwear
    case packs
    case light
    case clothing

    package var name: String {
        switch self {
        case .shelter: "Shelter & Sleep"
        case .kitchen: "Camp Kitchen"
        case .footwear: "Footwear & Poles"
        case .packs: "Packs & Bags"
        case .light: "Light & Power"
        case .clothing: "Clothing"
        }
    }
}

/// A kind of article.
package struct Category: Sendable, Hashable {
    /// As in "rain jacket"; of what is sold in pairs or sets in the plural.
    package let name: String
    package let isPlural: Bool

    private init(_ name: String, isPlural: Bool = false) {
        self.name = name
        self.isPlural = isPlural
    }

    /// Categories of a family: the planted order.
    package static let perFamily = 5

    /// All, family by family, each in the planted order: who has bought of one buys of the next.
    package static let all = [
        Category("tent"), Category("groundsheet"), Category("sleeping pad"), Category("sleeping bag"), Category("camp pillow"),
        Category("stove"), Category("cooking pot"), Category("cutlery set"), Category("water filter"), Category("cooler"),
        Category("hiking boots", isPlural: true), Category("socks", isPlural: true), Category("gaiters", isPlural: true),
        Category("insoles", isPlural: true), Category("trekking poles", isPlural: true),
        Category("backpack"), Category("rain cover"), Category("dry bag"), Category("hip pouch"),
        Category("compression straps", isPlural: true),
        Category("headlamp"), Category("battery pack"), Category("lantern"), Category("solar panel"), Category("charging cable"),
        Category("rain jacket"), Category("fleece"), Category("base layer"), Category("gloves", isPlural: true), Category("beanie"),
    ]

    /// - Parameter index: in ``all``.
    package static func family(_ index: Int) -> Family { Family.allCases[index / perFamily] }
}

/// What articles of any kind differ in, and people care about.
package enum Facet: Int, CaseIterable, Sendable {
    case purpose
    case trait
    case make
    case color

    /// Of each facet.
    package static let valueCount = 6

    /// In words that titles, descriptions and reviews use.
    package var values: [String] {
        switch self {
        case .purpose: ["thru-hiking", "climbing", "bikepacking", "paddling", "family camping", "winter trips"]
        case .trait: ["ultralight", "rugged", "compact", "waterproof", "quiet", "adjustable"]
        case .make: ["recycled", "handmade", "repairable", "budget", "military-style", "minimalist"]
        case .color: ["forest green", "signal orange", "slate grey", "navy blue", "sand", "ruby red"]
        }
    }
}
