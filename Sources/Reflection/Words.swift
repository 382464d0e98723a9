// Names and texts in error messages.

/// Text as a JSON string, cut after so many Unicode scalars: safe to print, whatever a peer or a user wrote.
func quoted(_ text: String, limit: Int = 40) -> String {
    var result: [UInt8] = []
    appendJSONString(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))), to: &result)
    return String(decoding: result, as: UTF8.self) + (text.unicodeScalars.dropFirst(limit).isEmpty ? "" : "…")
}

/// A field's JSON name: as it is when it is a name like others, else quoted.
func shown(_ name: String) -> String { isIdentifier(name) ? name : quoted(name) }

/// `; it has a, b`: the first twenty names there are.
func listing(_ names: [String]) -> String {
    names.isEmpty ? "; it has none" : "; it has \(names.prefix(20).map(shown).joined(separator: ", "))\(names.count > 20 ? ", …" : "")"
}

/// `; did you mean "a"?`, or nothing when no candidate is near.
func suggestion(for name: String, among candidates: some Collection<String>) -> String {
    let near = nearNames(to: name, among: candidates).map { quoted($0, limit: Limits.nameByteCount) }
    return near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
}

/// At most three candidates within a distance of a quarter of the name, the nearest first. Case and underscores do not count.
func nearNames(to name: String, among candidates: some Collection<String>) -> [String] {
    let wanted = letters(name)
    // What is longer than any sensible name is no slip of the hand, and not worth the quadratic comparison.
    guard !wanted.isEmpty, wanted.count <= 128 else { return [] }
    let budget = max(1, wanted.count / 4)
    var near: [(distance: Int, name: String)] = []
    for candidate in candidates {
        let letters = letters(candidate)
        guard abs(letters.count - wanted.count) <= budget else { continue }
        let distance = editDistance(wanted, letters)
        if distance <= budget { near.append((distance, candidate)) }
    }
    return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

private func letters(_ name: String) -> [UInt8] {
    name.utf8.compactMap { byte in
        switch byte {
        case 0x41...0x5A: byte | 0x20
        case 0x5F: nil
        default: byte
        }
    }
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
