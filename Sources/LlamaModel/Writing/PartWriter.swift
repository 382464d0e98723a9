/// A part in writing: says of each token that the model wants whether it may stand there, and when the part is at its end. A value
/// without I/O; the same tokens give the same text.
package struct PartWriter {
    /// What becomes of a token.
    package enum Verdict: Equatable {
        /// It may not stand here: the model's next best is wanted.
        case refused
        /// It stands, and the part goes on.
        case taken
        /// The part is at its end; the token stands when it is kept.
        case ended(kept: Bool)
    }

    private var style: any PartStyle

    package init(_ writing: Generation.Writing, _ table: TokenTable) {
        style =
            switch writing.style {
            case .free(let stops): FreeWriter(stops: stops, maxTokens: writing.maxTokens, table)
            case .sentence: SentenceWriter(writing, table)
            }
    }

    package mutating func judge(_ token: Int32) -> Verdict { style.judge(token) }

    /// Text that is certain by now and has not been asked for before.
    package mutating func takeText() -> String { style.takeText() }

    /// Tokens that the model has to be given after an end, so that it reads what the text says.
    package var closing: [Int32] { style.closing }

    /// What was written, after the end.
    package var result: GenerationResult.Written { style.result }
}

/// A style of writing, as ``Generation/Writing/Style`` names them.
protocol PartStyle {
    mutating func judge(_ token: Int32) -> PartWriter.Verdict
    mutating func takeText() -> String
    var closing: [Int32] { get }
    var result: GenerationResult.Written { get }
}
