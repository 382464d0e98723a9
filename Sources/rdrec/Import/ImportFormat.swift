import ArgumentParser
import Datasets

/// The formats by the names that the command line has for them.
enum ImportFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    case amazon
    case amazonCSV = "amazon-csv"
    case p5
    case recBole = "recbole"
    case csv
    case jsonLines = "jsonl"
    case rationales

    /// Whether its fields have names of one's own.
    var takesNames: Bool { self == .csv || self == .jsonLines }

    /// - Throws: as `DatasetReader`.
    func open(_ path: String, _ names: FieldNames, _ unit: TimeUnit) throws(DatasetError) -> DatasetReader {
        switch self {
        case .amazon: try DatasetReader(.amazon, path: path)
        case .amazonCSV: try DatasetReader(.amazonCSV, path: path)
        case .p5: try DatasetReader(.p5, path: path)
        case .recBole: try DatasetReader(.recBole, path: path)
        case .csv: try DatasetReader(.csv(names, unit), path: path)
        case .jsonLines: try DatasetReader(.jsonLines(names, unit), path: path)
        case .rationales: try DatasetReader(RationaleLines(), path: path)
        }
    }
}

extension CommandError {
    /// What cannot be read ends a command as other files do, what is not of the format as wrong arguments do.
    init(_ error: DatasetError) {
        self.init(error.code == .unreadable ? .system : .usage, printable(error.message))
    }
}

/// Names of fields, for the formats that have none of their own.
struct ImportNames: ParsableArguments {
    @Option(help: ArgumentHelp("The field of the user's id. Default: user_id, userId or user.", valueName: "field")) var user: String?
    @Option(help: ArgumentHelp("The field of the item's id. Default: item_id, itemId or item.", valueName: "field")) var item: String?
    @Option(help: ArgumentHelp("A review's text. Default: text, review_text or reviewText.", valueName: "field")) var text: String?
    @Option(help: ArgumentHelp("A review's summary. Default: summary.", valueName: "field")) var summary: String?
    @Option(help: ArgumentHelp("A number, 0 or more. Default: rating.", valueName: "field")) var rating: String?
    @Option(help: ArgumentHelp("When it was. Default: timestamp, timestamp_ms, timestampMs or time.", valueName: "field")) var time: String?
    @Option(
        help: ArgumentHelp(
            "A review's own id. Default: review_id or reviewId; without one it is made of user, item and time.", valueName: "field"))
    var reviewID: String?
    @Option(help: ArgumentHelp("An item's title. Default: title.", valueName: "field")) var title: String?
    @Option(help: ArgumentHelp("An item's categories. Default: categories or category.", valueName: "field")) var category: String?
    @Option(name: .customLong("description"), help: ArgumentHelp("An item's description. Default: description.", valueName: "field"))
    var itemDescription: String?
    @Option(
        help: ArgumentHelp(
            """
            How times are written: s or ms since 1970, iso for 2014-07-23 or 2014-07-23T10:00:00Z, auto for whichever each looks like: \
            milliseconds from 100000000000 on.
            """, valueName: "unit"))
    var timeUnit: TimeUnit = .automatic

    var areGiven: Bool { names != FieldNames() || timeUnit != .automatic }

    var names: FieldNames {
        var names = FieldNames()
        (names.user, names.item, names.text, names.summary, names.rating) = (user, item, text, summary, rating)
        (names.time, names.reviewID, names.title, names.category) = (time, reviewID, title, category)
        names.description = itemDescription
        return names
    }
}

extension TimeUnit: ExpressibleByArgument {}
