/// Titles and descriptions: what a shop says of an article.
struct ItemWords {
    let index: Int
    let traits: ItemTraits

    private var category: Category { Category.all[traits.category] }

    /// Brand, model and kind, and two of the four attributes: the others are for the description and the reviews to tell.
    func title(_ random: inout ShopRandom) -> String {
        let told = random.shuffled(Facet.allCases).prefix(2)
        var name = [random.pick(Self.brands), "\(random.pick(Self.models)) \(10 + index % 90)"]
        for facet in [Facet.trait, .make] where told.contains(facet) { name.append(capitalized(value(facet))) }
        name.append(capitalized(category.name))
        var title = name.joined(separator: " ")
        if told.contains(.purpose) { title += " for " + capitalized(value(.purpose)) }
        if told.contains(.color) { title += ", " + capitalized(value(.color)) }
        return title
    }

    /// All four attributes.
    func description(_ random: inout ShopRandom) -> String {
        var context = Phrase.Context(category)
        var sentences = random.shuffled(Facet.allCases).map { facet in
            context[.value] = value(facet)
            return random.pick(Self.phrases[facet.rawValue]).sentence(context, &random)
        }
        if random.happens(percent: 60) { sentences.append(random.pick(Self.closings).sentence(context, &random)) }
        return sentences.joined(separator: " ")
    }

    private func value(_ facet: Facet) -> String { facet.values[traits.value(of: facet)] }

    private func capitalized(_ words: String) -> String {
        words.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    }

    private static let brands = [
        "Fellwright", "Northmere", "Tarn & Co", "Larkspur", "Ostara", "Brackenridge", "Halden", "Cairnfield", "Wildmark", "Sorrel",
        "Kestrel Peak", "Morrow", "Eskdale", "Pinyon", "Driftway", "Vantor",
    ]

    private static let models = [
        "Ridgeline", "Solace", "Meridian", "Quill", "Ember", "Tundra", "Harrier", "Juniper", "Overland", "Sable", "Cascade", "Rowan",
        "Summit", "Drover", "Lichen", "Zephyr", "Basalt", "Kelpie", "Nomad", "Alder",
    ]

    private static let phrases = Facet.allCases.map(sentences)

    private static func sentences(_ facet: Facet) -> [Phrase] {
        switch facet {
        case .purpose:
            [
                "{Designed|Built|Made} for <value>.", "{At home on|A companion for} every outing, and on <value> above all.",
                "Our {choice|pick} for <value>.", "<value> {is what we had in mind|was the brief} for <this>.",
            ]
        case .trait:
            [
                "{Truly|Really|Properly} <value>.",
                "<value>, and {tested|proven} {to be so|in the field}.", "<it> {stay<s>|remain<s>} <value> year after year.",
            ]
        case .make:
            [
                "{Our|The} <value> line, {with a ten year guarantee|without compromise}.", "<value> {by conviction|on purpose}.",
                "From {our|the} <value> {range|series|collection}.",
            ]
        case .color:
            ["{Comes|Sold|Shown} in <value>.", "{Colour|Shade}: <value>.", "In <value>, which {hides dirt|photographs well|ages nicely}."]
        }
    }

    private static let closings: [Phrase] = [
        "{Weighs|Packs} {less|smaller} than you would think.", "Spare parts {are available|can be ordered} for {five|eight|ten} years.",
        "{Tested|Checked} by hand before it {leaves|left} {our workshop|the warehouse}.", "Care: {wipe clean|hand wash}, {dry|air} well.",
        "Winner of {the Outdoor Maker|a Trail Reader|the Field Test} award.",
    ]
}
