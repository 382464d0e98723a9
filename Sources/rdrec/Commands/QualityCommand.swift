import ArgumentParser
import RationaleQuality
import Wire

struct QualityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality", abstract: "Measures what a file of rationales is worth, without a server.",
        discussion: """
            well-formed   both sentences are whole and say something
            grounded      content words that the review has too, stemmed
            distinct      different ones among all words, pairs of words and rationales
            repeated      pairs of words that their sentence has had before
            shared        content words that both sentences have, of those of either
            words         of a sentence beside the opening that all have
            found         by one rationale of an item among 100 items, by the others of each (TF-IDF): mean reciprocal rank

            The last is told for the raw reviews too: what a rationale should keep of what tells items apart.
            """)

    @Argument(help: "Rationales as rdrec rationale --file writes them.")
    var file: String

    @Option(help: ArgumentHelp("Their reviews; without them nothing is told that needs them.", valueName: "reviews.jsonl"))
    var reviews: String?

    @Option(help: "Of the choice of rationales held out and of the items to be told apart.")
    var seed: UInt64 = 1

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let (file, reviews, seed, asJSON, output) = (file, reviews, seed, json, Output())
        try await Interruption.cancels {
            let report = try await BlockingQueue("quality").run {
                QualityReport(try Self.records(file, reviews: reviews), seed: seed)
            }
            for line in asJSON ? [report.json] : report.lines { try await output.line(line) }
        }
    }

    /// The rationales, each with its review where there is one.
    private static func records(_ file: String, reviews: String?) throws(CommandError) -> [QualityRecord] {
        let json = OwnJSON()
        var rationales: [Rationale] = [], reader = try LineReader(path: file)
        while let line = try reader.next() { rationales.append(try json.message(Rationale.self, from: line, place: reader.place)) }
        let ids = Set(rationales.map(\.reviewID))
        var texts: [String: String] = [:]
        if let reviews {
            var reader = try LineReader(path: reviews)
            while let line = try reader.next() {
                var review = try json.message(Review.self, from: line, place: reader.place)
                // The teacher reads the summary where there is no text.
                if review.nameItself(), ids.contains(review.reviewID), texts[review.reviewID] == nil {
                    texts[review.reviewID] = review.text.isEmpty ? review.summary : review.text
                }
            }
        }
        return rationales.map {
            QualityRecord(
                itemID: $0.itemID, review: texts[$0.reviewID], userPreference: $0.userPreference, itemAttributes: $0.itemAttributes)
        }
    }
}

extension QualityReport {
    /// For people: a name, a figure, and what belongs to it.
    package var lines: [String] {
        func row(_ name: String, _ figure: String, _ more: String = "") -> String {
            let padded = name + String(repeating: " ", count: max(1, 14 - name.count))
            let right = String(repeating: " ", count: max(0, 7 - figure.count)) + figure
            return padded + right + (more.isEmpty ? "" : "   \(more)")
        }
        func found(_ name: String, _ result: Retrieval.Result?) -> String {
            guard let result else { return row(name, "-") }
            let more = "of \(result.candidates) items in \(result.queries) trials, first in \(percent(result.first)); chance "
            return row(name, decimal(result.meanReciprocalRank, 4), more + decimal(result.chance, 4))
        }
        return [
            row("rationales", "\(count)"), row("well-formed", percent(wellFormed)),
            row("grounded", percent(grounded), "preference \(percent(preferenceGrounded)), attributes \(percent(attributesGrounded))"),
            row("distinct", percent(distinctTexts), "pairs of words \(percent(distinctPairs)), words \(percent(distinctWords))"),
            row("repeated", percent(repeated)), row("shared", percent(shared)),
            row("words", decimal(preferenceWords, 1), "preference; attributes \(decimal(attributesWords, 1))"),
            found("found", retrieval), found("  by reviews", reviewRetrieval),
        ]
    }

    /// One object; null for what was not measured.
    package var json: String {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "null" }
        func text(_ result: Retrieval.Result?) -> String {
            guard let result else { return "null" }
            return """
                {"mean_reciprocal_rank":\(result.meanReciprocalRank),"first":\(result.first),"chance":\(result.chance),\
                "queries":\(result.queries),"candidates":\(result.candidates)}
                """
        }
        return """
            {"rationales":\(count),"well_formed":\(text(wellFormed)),"grounded":\(text(grounded)),\
            "preference_grounded":\(text(preferenceGrounded)),"attributes_grounded":\(text(attributesGrounded)),\
            "distinct_words":\(text(distinctWords)),"distinct_pairs":\(text(distinctPairs)),"distinct_texts":\(text(distinctTexts)),\
            "repeated":\(text(repeated)),"shared":\(text(shared)),"preference_words":\(text(preferenceWords)),\
            "attributes_words":\(text(attributesWords)),"retrieval":\(text(retrieval)),"review_retrieval":\(text(reviewRetrieval))}
            """
    }
}

private func percent(_ share: Double?) -> String { share.map { decimal($0 * 100, 1) + " %" } ?? "-" }
