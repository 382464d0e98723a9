internal import Tokenizers

/// A part of any text: ends at a token that ends the turn, at a stop text, which is left out, or at its budget.
struct FreeWriter: PartStyle {
    private let table: TokenTable
    private let stops: [[UInt8]]
    private let maxTokens: Int
    private var detokenizer: StreamingDetokenizer
    private var tokens: [Int32] = []
    private var text: [UInt8] = []
    /// Bytes of the text that have been told.
    private var told = 0
    private var finish: GenerationResult.FinishReason?

    init(stops: [String], maxTokens: Int, _ table: TokenTable) {
        self.table = table
        self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
        self.maxTokens = maxTokens
        detokenizer = StreamingDetokenizer(table.tokenizer)
    }

    mutating func judge(_ token: Int32) -> PartWriter.Verdict {
        if table.ends.contains(token) { return end(.stop, kept: false) }
        tokens.append(token)
        let from = text.count
        text += detokenizer.append(token).utf8
        if let stop = firstStop(after: from) {
            text.removeSubrange(stop...)
            // What the stop text cut in two is not wanted either.
            _ = detokenizer.finish()
            return end(.stop, kept: true)
        }
        return tokens.count >= maxTokens ? end(.length, kept: true) : .taken
    }

    private mutating func end(_ reason: GenerationResult.FinishReason, kept: Bool) -> PartWriter.Verdict {
        finish = reason
        text += detokenizer.finish().utf8
        return .ended(kept: kept)
    }

    /// Where the first stop text begins that ends after `from`.
    private func firstStop(after from: Int) -> Int? {
        stops.compactMap { stop in
            let first = max(from - stop.count + 1, 0), end = max(text.count - stop.count + 1, first)
            return (first..<end).first { text[$0...].starts(with: stop) }
        }.min()
    }

    mutating func takeText() -> String {
        var end = text.count
        // What may become a stop text is held back.
        if finish == nil {
            for stop in stops {
                let most = max(min(stop.count - 1, text.count - told), 0)
                let held = (0...most).last { text.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
                end = min(end, text.count - held)
            }
            while end > told, end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        }
        defer { told = max(end, told) }
        return end > told ? String(decoding: text[told..<end], as: UTF8.self) : ""
    }

    /// The text is the model's own.
    var closing: [Int32] { [] }

    var result: GenerationResult.Written {
        GenerationResult.Written(text: String(decoding: text, as: UTF8.self), tokens: tokens, finish: finish ?? .length)
    }
}
