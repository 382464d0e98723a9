/// A request that has a slot: what its model has read, what it is to read next, and what is being written. A value without I/O.
struct Writer {
    let id: UInt64
    let request: Generation
    var hold: PageLedger.Hold
    let cachedTokens: Int
    /// Tokens that are to be read before the next one can be chosen, from ``position`` on.
    private(set) var pending: [Int32]
    /// Positions whose keys and values are in the pages.
    private(set) var position: Int
    /// Guesses behind ``pending`` that this step reads too.
    private(set) var drafts: [Int32] = []
    /// Tokens tried and found right, of all guesses.
    private(set) var acceptedDrafts = 0

    private let table: TokenTable
    private let draftSource: DraftSource
    /// All tokens so far, for guessing.
    private var history: [Int32]
    private var part = 1
    private var writing: PartWriter
    private var chosen = 0
    private var written: [GenerationResult.Written] = []
    /// Of requests that stream: what has not been told yet.
    private var news = (text: "", tokens: [Int32]())

    /// - Parameter request: Given and written parts in turns, the first given and the last written.
    init(id: UInt64, _ request: Generation, _ admission: PageLedger.Admission, _ table: TokenTable) {
        self.id = id
        self.request = request
        self.table = table
        hold = admission.hold
        cachedTokens = admission.cachedTokens
        position = admission.cachedTokens
        pending = Array(request.prompt[admission.cachedTokens...])
        history = request.prompt
        draftSource = DraftSource(request.draftSource)
        writing = Self.writer(request, 1, table)
    }

    private static func writer(_ request: Generation, _ part: Int, _ table: TokenTable) -> PartWriter {
        guard case .written(let writing) = request.parts[part] else { preconditionFailure("part \(part) is not a written one") }
        return PartWriter(writing, table)
    }

    /// Whether one token more is all that is to be read.
    var isWriting: Bool { pending.count == 1 && position >= request.promptTokens }
    var partNumber: Int { part }
    /// The number of the next token in its part.
    var chosenCount: Int { chosen }

    /// Guesses up to `most` tokens behind the pending ones.
    mutating func draft(most: Int) { drafts = Array(draftSource.guess(after: history, most: most)) }

    /// Tells that the first `count` pending tokens have been read.
    mutating func read(_ count: Int) {
        pending.removeFirst(count)
        position += count
    }

    /// What has come of a chosen token.
    enum Outcome: Equatable {
        /// Not this one.
        case refused
        /// It stands, and a guess says the same: its logits are there too.
        case goOn
        /// It is to be read, with what follows it, in the next step.
        case next
        case finished(GenerationResult)
    }

    /// - Parameters:
    ///   - token: What the model wants after all that it has read, guesses up to `draft` included.
    mutating func judge(_ token: Int32, draft: Int) -> Outcome {
        let verdict = writing.judge(token)
        if verdict == .refused { return .refused }
        chosen += 1
        let isKept = verdict != .ended(kept: false)
        if isKept { history.append(token) }
        if request.streams {
            news.text += writing.takeText()
            if isKept { news.tokens.append(token) }
        }
        if verdict == .taken {
            if draft < drafts.count, drafts[draft] == token {
                acceptedDrafts += 1
                position += 1
                return .goOn
            }
            pending = [token]
            drafts = []
            return .next
        }
        let closing = writing.closing
        pending = (isKept ? [token] : []) + closing
        history += closing
        drafts = []
        return endPart()
    }

    /// The next written part, behind the given one before it; or the end.
    private mutating func endPart() -> Outcome {
        written.append(writing.result)
        guard part + 2 < request.parts.count, case .given(let tokens) = request.parts[part + 1] else {
            return .finished(GenerationResult(written: written, promptTokens: request.promptTokens, cachedTokens: cachedTokens))
        }
        pending += tokens
        history += tokens
        part += 2
        chosen = 0
        writing = Self.writer(request, part, table)
        return .next
    }

    /// Text that has become certain, and the tokens chosen, since this was last asked; of requests that stream.
    mutating func takeNews() -> (text: String, tokens: [Int32]) {
        defer { news = ("", []) }
        return news
    }

    /// What is wrong with a request's parts; nil when nothing is.
    static func fault(in request: Generation) -> String? {
        guard request.parts.count >= 2, request.parts.count % 2 == 0 else { return "a generation has given and written parts in turns" }
        for (index, part) in request.parts.enumerated() {
            switch part {
            case .given(let tokens):
                if index % 2 == 1 || tokens.isEmpty { return "part \(index) has to be written, or has no tokens" }
            case .written(let writing):
                if index % 2 == 0 { return "part \(index) has to be given" }
                if writing.maxTokens < 1 { return "part \(index) has a budget of \(writing.maxTokens) tokens" }
            }
        }
        let sampling = request.sampling
        guard (0...100).contains(sampling.temperature), (0...1).contains(sampling.topP), sampling.topK >= 0 else {
            return "temperature has to be 0 to 100, top-p 0 to 1, top-k 0 or more"
        }
        return nil
    }
}
