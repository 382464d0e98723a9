/// The words by which a model is asked for a rationale, and the form of its answer: two sentences whose openings are given.
///
/// The openings are fed and not sampled, and each sentence ends at its full stop or its budget: an answer has the form, whatever the model.
package struct RationalePrompt: Sendable, Equatable {
    /// Stands for the review in the user's message.
    package static let placeholder = "{review}"

    /// Names the wording in the provenance of rationales: another wording needs another version.
    package let version: String
    /// The system message; nil leaves it to the model's chat template.
    package let system: String?
    /// The user's message, with the placeholder once.
    package let user: String
    /// How each sentence begins; a word ends it, so that what is written begins at the next.
    package let preferenceOpening: String
    package let attributesOpening: String
    /// Tokens that the model may choose for each sentence, beside its full stop.
    package let preferenceTokens: Int
    package let attributesTokens: Int
    /// Tokens of a review; a longer one is cut.
    package let reviewTokens: Int
    /// No run of so many tokens stands twice in a sentence; 0 for no such rule.
    package let unrepeatedTokens: Int
    /// Whether a sentence may have double quotation marks, behind which small models copy what they have read.
    package let quotationMarks: Bool

    /// - Throws: What is wrong, with the name of the value as in a file.
    package init(
        version: String, system: String? = nil, user: String, preferenceOpening: String = standard.preferenceOpening,
        attributesOpening: String = standard.attributesOpening, preferenceTokens: Int = standard.preferenceTokens,
        attributesTokens: Int = standard.attributesTokens, reviewTokens: Int = standard.reviewTokens,
        unrepeatedTokens: Int = standard.unrepeatedTokens, quotationMarks: Bool = standard.quotationMarks
    ) throws(RationaleError) {
        self.init(
            unchecked: version, system: system, user: user, openings: (preferenceOpening, attributesOpening),
            budgets: (preferenceTokens, attributesTokens, reviewTokens), rules: (unrepeatedTokens, quotationMarks))
        try check()
    }

    private init(
        unchecked version: String, system: String?, user: String, openings: (String, String), budgets: (Int, Int, Int), rules: (Int, Bool)
    ) {
        self.version = version
        self.system = system
        self.user = user
        (preferenceOpening, attributesOpening) = openings
        (preferenceTokens, attributesTokens, reviewTokens) = budgets
        (unrepeatedTokens, quotationMarks) = rules
    }

    /// The built-in wording, the best of those that were measured (README.md): the user's line of the RDRec paper, without its system line,
    /// whose "xxx" small models repeat, and with openings that have the model report what the user said.
    package static let standard = RationalePrompt(
        unchecked: "rdrec-2", system: nil,
        user: """
            A user bought an item and said "\(placeholder)". Use two sentences to explain the user's preference and the item's attributes, \
            respectively.
            """, openings: ("The user says that they like", "The user says that the item is"), budgets: (28, 28, 256), rules: (4, false))

    /// The user's message about a review.
    func message(about review: ReviewText) -> String { user.replacing(Self.placeholder, with: review.text) }

    // MARK: Validation

    /// What budgets may be.
    static let sentenceTokensRange = 4...256
    static let reviewTokensRange = 16...4_096
    /// What a rule against repetition may be; a run of one token would forbid every word its second use.
    private static let unrepeatedTokensRange = 2...16
    private static let longestText = 8_192

    private func check() throws(RationaleError) {
        guard (1...64).contains(version.utf8.count), version.utf8.allSatisfy(Self.isOfVersion) else {
            throw RationaleError("'version' has 1 to 64 characters A-Z a-z 0-9 . _ -")
        }
        if let system {
            try Self.checkText(system, "system")
            if system.contains(Self.placeholder) { throw RationaleError("'system' holds \(Self.placeholder): a review goes into 'user'") }
        }
        try Self.checkText(user, "user")
        try checkPlaceholder()
        try Self.checkOpening(preferenceOpening, "preference_opening")
        try Self.checkOpening(attributesOpening, "attributes_opening")
        try Self.checkRange(preferenceTokens, Self.sentenceTokensRange, "preference_tokens")
        try Self.checkRange(attributesTokens, Self.sentenceTokensRange, "attributes_tokens")
        try Self.checkRange(reviewTokens, Self.reviewTokensRange, "review_tokens")
        if unrepeatedTokens != 0 { try Self.checkRange(unrepeatedTokens, Self.unrepeatedTokensRange, "unrepeated_tokens", orElse: "0 or ") }
    }

    /// A review holds neither straight quotation marks nor line breaks (``ReviewText``): closed by one of them, it cannot end early.
    private func checkPlaceholder() throws(RationaleError) {
        let places = user.ranges(of: Self.placeholder)
        guard places.count == 1, let place = places.first else {
            throw RationaleError("'user' has \(Self.placeholder) \(places.count) times; it takes it once")
        }
        let before = user[..<place.lowerBound].last, after = user[place.upperBound...].first
        guard before == "\"" && after == "\"" || after == nil || after == "\n" else {
            throw RationaleError("'user' has \(Self.placeholder) neither in straight quotation marks nor at the end of a line")
        }
    }

    private static func isOfVersion(_ byte: UInt8) -> Bool {
        let scalar = Unicode.Scalar(byte)
        return scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || ["-", ".", "_"].contains(scalar))
    }

    private static func checkText(_ text: String, _ name: String) throws(RationaleError) {
        guard !text.allSatisfy(\.isWhitespace), text.utf8.count <= longestText else {
            throw RationaleError("'\(name)' has text of at most \(longestText) bytes")
        }
        guard text.unicodeScalars.allSatisfy({ $0 == "\n" || $0.properties.generalCategory != .control }) else {
            throw RationaleError("'\(name)' has a control character")
        }
    }

    private static func checkOpening(_ text: String, _ name: String) throws(RationaleError) {
        try checkText(text, name)
        func isOfWord(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber } ?? false }
        guard isOfWord(text.first), isOfWord(text.last), !text.contains(where: { $0.isNewline || ".!?".contains($0) }) else {
            throw RationaleError("'\(name)' is the beginning of a sentence: one line, from a word to a word")
        }
    }

    private static func checkRange(
        _ value: Int, _ range: ClosedRange<Int>, _ name: String, orElse others: String = ""
    ) throws(RationaleError) {
        guard range.contains(value) else {
            throw RationaleError("'\(name)' is \(value); it is \(others)\(range.lowerBound) to \(range.upperBound)")
        }
    }
}
