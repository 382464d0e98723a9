/// How a byte-level model cuts a text into words before it merges bytes: the rules that GGUF files name in `tokenizer.ggml.pre`, as
/// llama.cpp has them. A rule is a list of cuts, each made within the pieces of the one before.
package enum PreTokenizer: String, Sendable, CaseIterable {
    case `default`
    case gpt2 = "gpt-2"
    case smollm
    case llamaBPE = "llama-bpe"
    case qwen2

    /// Whether a word that is in the vocabulary as a whole is taken so, without merging.
    var takesWholeWords: Bool { self == .llamaBPE }

    /// The words of a text.
    package func words(of text: String) -> [String] {
        let characters = Characters(text[...]), bytes = Array(text.utf8)
        return words(characters).map {
            String(decoding: bytes[characters.offsets[$0.lowerBound]..<characters.offsets[$0.upperBound]], as: UTF8.self)
        }
    }

    /// The words of a text, as ranges of its characters, in order and without gaps.
    func words(_ text: Characters) -> [Range<Int>] {
        let whole = text.count == 0 ? [] : [0..<text.count]
        switch self {
        case .gpt2: return cut(whole) { gpt2Word(text, $0) }
        case .smollm: return cut(cut(whole) { single(text, $0, isNumber) }) { gpt2Word(text, $0) }
        case .default:
            let punctuated = cut(whole) { run(text, $0, isSymbol) }
            let words = cut(punctuated) { gpt2Word(text, $0) }
            return cut(cut(words) { run(text, $0, isNumber) }) { digits(text, $0) }
        case .llamaBPE: return cut(whole) { llamaWord(text, $0, mostDigits: 3) }
        case .qwen2: return cut(whole) { llamaWord(text, $0, mostDigits: 1) }
        }
    }

    /// Cuts each piece by `next`, which gives the end of the word that begins at its range's lower bound.
    private func cut(_ pieces: [Range<Int>], _ next: (Range<Int>) -> Int) -> [Range<Int>] {
        var words: [Range<Int>] = []
        for piece in pieces {
            var at = piece.lowerBound
            while at < piece.upperBound {
                let end = next(at..<piece.upperBound)
                words.append(at..<end)
                at = end
            }
        }
        return words
    }
}

// The ends of words. All take the rest of a piece, which is not empty.

private func isNumber(_ text: Characters, _ i: Int) -> Bool { text.classes[i] == .number }

/// `[\p{P}\$\+<=>\^~\|]`
private func isSymbol(_ text: Characters, _ i: Int) -> Bool {
    text.classes[i] == .punctuation || "$+<=>^~|".unicodeScalars.contains(text.scalars[i])
}

/// Each character of a kind by itself, what is between them in one piece.
private func single(_ text: Characters, _ rest: Range<Int>, _ kind: (Characters, Int) -> Bool) -> Int {
    if kind(text, rest.lowerBound) { return rest.lowerBound + 1 }
    return rest.first { kind(text, $0) } ?? rest.upperBound
}

/// Runs of a kind, and what is between them.
private func run(_ text: Characters, _ rest: Range<Int>, _ kind: (Characters, Int) -> Bool) -> Int {
    let first = kind(text, rest.lowerBound)
    return rest.first { kind(text, $0) != first } ?? rest.upperBound
}

/// `[0-9][0-9][0-9]`, and what is between.
private func digits(_ text: Characters, _ rest: Range<Int>) -> Int {
    func three(_ i: Int) -> Bool { i + 3 <= rest.upperBound && (i..<i + 3).allSatisfy { ("0"..."9").contains(text.scalars[$0]) } }
    if three(rest.lowerBound) { return rest.lowerBound + 3 }
    return rest.first(where: three) ?? rest.upperBound
}

/// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`; nil for anything else.
private func contraction(_ text: Characters, _ rest: Range<Int>, anyCase: Bool) -> Int? {
    let i = rest.lowerBound
    guard text.scalars[i] == "'", i + 1 < rest.upperBound else { return nil }
    func lower(_ j: Int) -> Unicode.Scalar {
        let scalar = text.scalars[j]
        return anyCase && ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
    }
    if ["s", "t", "m", "d"].contains(lower(i + 1)) { return i + 2 }
    guard i + 2 < rest.upperBound else { return nil }
    let pair = (lower(i + 1), lower(i + 2))
    return pair == ("r", "e") || pair == ("v", "e") || pair == ("l", "l") ? i + 3 : nil
}

private func isOther(_ c: Characters.Class) -> Bool { c == .punctuation || c == .other }

/// Whitespace: all but its last character where something follows, so that this one can go with the next word.
private func spaces(_ text: Characters, _ rest: Range<Int>) -> Int {
    let end = rest.first { text.classes[$0] != .space } ?? rest.upperBound
    return end == rest.upperBound || end == rest.lowerBound + 1 ? end : end - 1
}

/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
private func gpt2Word(_ text: Characters, _ rest: Range<Int>) -> Int {
    if let end = contraction(text, rest, anyCase: false) { return end }
    let i = rest.lowerBound
    let begin = text.scalars[i] == " " && i + 1 < rest.upperBound && text.classes[i + 1] != .space ? i + 1 : i
    let first = text.classes[begin]
    if first == .space { return spaces(text, rest) }
    return (begin..<rest.upperBound).first { text.classes[$0] != first && !(isOther(first) && isOther(text.classes[$0])) }
        ?? rest.upperBound
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
private func llamaWord(_ text: Characters, _ rest: Range<Int>, mostDigits: Int) -> Int {
    if let end = contraction(text, rest, anyCase: true) { return end }
    let i = rest.lowerBound, first = text.classes[i]
    func isBreak(_ j: Int) -> Bool { text.scalars[j] == "\r" || text.scalars[j] == "\n" }
    func end(from j: Int, while holds: (Int) -> Bool) -> Int { (j..<rest.upperBound).first { !holds($0) } ?? rest.upperBound }

    let prefixed = first != .letter && first != .number && !isBreak(i) && i + 1 < rest.upperBound && text.classes[i + 1] == .letter
    if first == .letter || prefixed { return end(from: i + 1) { text.classes[$0] == .letter } }
    if first == .number { return min(end(from: i) { text.classes[$0] == .number }, i + mostDigits) }
    let begin = text.scalars[i] == " " && i + 1 < rest.upperBound ? i + 1 : i
    if isOther(text.classes[begin]) {
        return end(from: end(from: begin) { isOther(text.classes[$0]) }, while: isBreak)
    }
    let blank = end(from: i) { text.classes[$0] == .space }
    if let last = (i..<blank).last(where: isBreak) { return last + 1 }
    return spaces(text, rest)
}
