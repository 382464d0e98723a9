/// A text in lines of at most `width` columns, broken between words, each with so many spaces before it; without a width in one line.
/// A word that is longer than a line has lines of its own. None of an empty text.
package func wrapped(_ text: String, width: Int?, indent: Int = 0) -> [String] {
    let margin = String(repeating: " ", count: indent)
    guard let width else { return text.isEmpty ? [] : [margin + text] }
    let room = max(10, width - indent)
    var lines: [String] = [], line = "", count = 0
    for word in text.split(separator: " ") {
        var word = word, length = word.count
        if count > 0, count + 1 + length > room {
            lines.append(margin + line)
            (line, count) = ("", 0)
        }
        while length > room {
            lines.append(margin + word.prefix(room))
            word = word.dropFirst(room)
            length -= room
        }
        line += (count > 0 ? " " : "") + word
        count += (count > 0 ? 1 : 0) + length
    }
    return count > 0 ? lines + [margin + line] : lines
}

/// A text of at most `count` characters: the end of a longer one is left out, and `…` stands for it.
package func cut(_ text: String, to count: Int) -> String {
    // Characters are counted no further than needed: a title may be of any length.
    guard text.dropFirst(max(1, count)).first != nil else { return text }
    return text.prefix(max(1, count) - 1) + "…"
}
