/// A sentence: one line of at least two words that ends at its full stop, question or exclamation mark. It gets a full stop where its budget
/// or the model's will ends it before.
struct SentenceWriter: PartStyle {
    /// Words that a sentence has at least.
    private static let leastWords = 2
    private static let stops = Set(".!?".utf8)
    /// What may stand between a stop and the end: closing quotes and brackets (of the marks beyond ASCII, their bytes).
    private static let closers = Set("\"')]}*_ \u{201D}\u{2019}".utf8)
    /// Words whose full stop ends no sentence.
    private static let abbreviations: Set<String> = ["mr", "mrs", "ms", "dr", "st", "vs", "e.g", "i.e", "approx", "no", "jr", "sr"]

    private let table: TokenTable
    private let writing: Generation.Writing
    private var bytes: [UInt8] = []
    private var told = 0
    private var tokens: [Int32] = []
    private var finish: GenerationResult.FinishReason?
    /// Whether the last byte is a full stop behind a digit, which may go on with the next token.
    private var stopIsOpen = false

    init(_ writing: Generation.Writing, _ table: TokenTable) {
        self.writing = writing
        self.table = table
    }

    mutating func judge(_ token: Int32) -> PartWriter.Verdict {
        let piece = table.bytes(token)
        if table.ends.contains(token) || piece.isEmpty { return want(.stop) }
        if stopIsOpen, let first = piece.first, Self.isSpace(first) { return end(.stop, kept: false) }
        let line = piece.prefix { !Self.isBreak($0) }
        if line.isEmpty { return want(.stop) }
        if repeats(token) || !writing.allowsQuotationMarks && hasQuotationMark(line) || !leavesRoomForWord(line) { return .refused }
        let before = bytes
        bytes += line
        let stopped = stopStands() && !stopIsOfAbbreviation()
        if stopped, words < Self.leastWords {
            bytes = before
            return .refused
        }
        stopIsOpen = stopped && stopIsOfNumber()
        tokens.append(token)
        if line.count < piece.count || stopped && !stopIsOpen { return end(.stop, kept: true) }
        return tokens.count >= writing.maxTokens ? end(.length, kept: true) : .taken
    }

    /// False for a token without a letter where the last of the budget is needed for a word: a sentence is never of emoji or dashes alone.
    private func leavesRoomForWord(_ line: some Collection<UInt8>) -> Bool {
        tokens.count + Self.leastWords < writing.maxTokens || words > 0 || line.contains(where: Self.isLetter)
    }

    /// The model wants to end: allowed once there is something to read.
    private mutating func want(_ reason: GenerationResult.FinishReason) -> PartWriter.Verdict {
        words < Self.leastWords ? .refused : end(reason, kept: false)
    }

    private mutating func end(_ reason: GenerationResult.FinishReason, kept: Bool) -> PartWriter.Verdict {
        finish = reason
        return .ended(kept: kept)
    }

    /// Whether a run of tokens that stands already would end with this one.
    private func repeats(_ token: Int32) -> Bool {
        let length = writing.unrepeatedTokens
        guard length > 0, tokens.count >= length else { return false }
        let run = tokens.suffix(length - 1) + [token]
        return (0...tokens.count - length).contains { tokens[$0..<$0 + length].elementsEqual(run) }
    }

    /// Whether these bytes, or the last ones with them, are a double quotation mark.
    private func hasQuotationMark(_ line: some Collection<UInt8>) -> Bool {
        let text = String(decoding: bytes.suffix(2) + Array(line), as: UTF8.self)
        return text.unicodeScalars.contains { "\"\u{201C}\u{201D}\u{201E}\u{00AB}\u{00BB}".unicodeScalars.contains($0) }
    }

    private static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D || byte == 0 }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }

    /// Words that have a letter or a number in them.
    private var words: Int {
        bytes.split(whereSeparator: Self.isSpace).count { word in
            word.contains(where: Self.isLetter)
                || String(decoding: word, as: UTF8.self).unicodeScalars.contains {
                    $0.properties.isAlphabetic || $0.properties.numericType != nil
                }
        }
    }

    /// Whether the text ends with a stop, closing marks aside.
    private func stopStands() -> Bool { bytes.last { !Self.closers.contains($0) }.map(Self.stops.contains) ?? false }

    /// The word before the text's last byte, where this is a full stop.
    private var stoppedWord: [UInt8] {
        guard bytes.last == UInt8(ascii: ".") else { return [] }
        return bytes.dropLast().reversed().prefix { !Self.isSpace($0) && $0 != UInt8(ascii: "(") }.reversed()
    }

    /// Whether the full stop may be a decimal point: the next token tells.
    private func stopIsOfNumber() -> Bool { stoppedWord.last.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }

    /// Whether the full stop is that of a word such as `Mr.` or of an initial, behind which a sentence goes on.
    private func stopIsOfAbbreviation() -> Bool {
        let word = stoppedWord
        if word.count == 1, let only = word.first { return Self.isLetter(only) }
        let isOfInitials =
            word.count > 1
            && word.enumerated().allSatisfy { $0.offset % 2 == 0 ? Self.isLetter($0.element) : $0.element == UInt8(ascii: ".") }
        return isOfInitials || Self.abbreviations.contains(String(decoding: word, as: UTF8.self).lowercased())
    }

    /// A full stop, where the text does not have one.
    var closing: [Int32] { stopStands() ? [] : table.fullStop }

    mutating func takeText() -> String {
        let end = finish == nil ? bytes.count : Array(text.utf8).count
        // Told in whole when it is finished: what is trimmed at the end is not told before.
        guard finish != nil, end > told else { return "" }
        defer { told = end }
        return text
    }

    /// The sentence without space at its ends. It ends with its stop: marks that the model closed behind it stand before it.
    private var text: String {
        var text = String(decoding: bytes, as: UTF8.self)
        // Of a character that the budget cut in two.
        while text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        let hasStop = stopStands()
        var closers = Substring(), stop: Character = "."
        if hasStop, let last = text.lastIndex(where: { ".!?".contains($0) }) {
            closers = text[text.index(after: last)...].filter { !$0.isWhitespace }[...]
            stop = text[last]
            text.removeSubrange(last...)
        }
        while let last = text.unicodeScalars.last, last.properties.isWhitespace || " ,;:-\u{2013}\u{2014}".unicodeScalars.contains(last) {
            text.unicodeScalars.removeLast()
        }
        if let first = text.firstIndex(where: { !$0.isWhitespace }) { text.removeSubrange(..<first) }
        return text + closers + String(stop)
    }

    var result: GenerationResult.Written { GenerationResult.Written(text: text, tokens: tokens, finish: finish ?? .length) }
}
