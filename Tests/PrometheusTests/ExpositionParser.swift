/// A strict reader of the text format 0.0.4, written from its description alone and sharing no code with the registry:
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct ExpositionParser {
    struct Failure: Error {
        let line: Int
        let reason: String
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private(set) var comments: [String] = []
    private var current: String?
    private var line = 0

    init(_ text: String) throws(Failure) {
        guard text.isEmpty || text.utf8.last == UInt8(ascii: "\n") else { throw fail("the last line must end with a line feed") }
        for piece in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            line += 1
            let characters = Array(piece)
            if characters.first == "#" { try comment(String(String.UnicodeScalarView(characters))) } else { try sample(characters) }
        }
        try checkHistograms()
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private func fail(_ reason: String) -> Failure { Failure(line: line, reason: reason) }

    private mutating func comment(_ text: String) throws(Failure) {
        let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard words.count > 1, words[1] == "HELP" || words[1] == "TYPE" else { return comments.append(text) }
        guard words.count == 4 else { throw fail("\(words[1]) wants a name and a text") }
        let name = words[2]
        guard isName(name, colon: true) else { throw fail("bad name \(name)") }
        guard types[name] == nil else { throw fail("\(words[1]) after TYPE of \(name)") }
        if words[1] == "HELP" {
            guard helps[name] == nil else { throw fail("second HELP of \(name)") }
            var rest = Array(words[3].unicodeScalars)[...]
            helps[name] = try unescape(&rest, quoted: false)
        } else {
            guard ["counter", "gauge", "histogram", "summary", "untyped"].contains(words[3]) else { throw fail("bad type \(words[3])") }
            types[name] = words[3]
        }
        current = name
    }

    private mutating func sample(_ characters: [Unicode.Scalar]) throws(Failure) {
        var rest = characters[...]
        let name = take(&rest) { $0 != "{" && $0 != " " }
        guard isName(name, colon: true) else { throw fail("bad name \(name)") }
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            while rest.first != "}" {
                let label = take(&rest) { $0 != "=" }
                guard isName(label, colon: false), !label.hasPrefix("__") else { throw fail("bad label name \(label)") }
                guard rest.popFirst() == "=", rest.popFirst() == "\"" else { throw fail("a label wants =\"value\"") }
                guard labels[label] == nil else { throw fail("label \(label) twice") }
                labels[label] = try unescape(&rest, quoted: true)
                if rest.first == "," { rest.removeFirst() } else if rest.first != "}" { throw fail("a comma or } is missing") }
            }
            rest.removeFirst()
        }
        guard rest.popFirst() == " " else { throw fail("a space before the value is missing") }
        let word = String(String.UnicodeScalarView(rest))
        guard word == "NaN" || word == "+Inf" || word == "-Inf" || word.last?.isNumber == true, let value = Double(word) else {
            throw fail("bad value \(word)")
        }
        let family = current ?? ""
        let allowed = types[family] == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
        guard allowed.contains(name) else { throw fail("\(name) is outside its family") }
        guard !samples.contains(where: { $0.name == name && $0.labels == labels }) else { throw fail("\(name) \(labels) twice") }
        samples.append(Sample(name: name, labels: labels, value: value))
    }

    private func checkHistograms() throws(Failure) {
        for (family, type) in types where type == "histogram" {
            for count in samples where count.name == family + "_count" {
                let buckets = samples.filter { sample in
                    sample.name == family + "_bucket" && sample.labels.filter { $0.key != "le" } == count.labels
                }
                let bounds = buckets.map { $0.labels["le"].flatMap { $0 == "+Inf" ? .infinity : Double($0) } ?? .nan }
                let isRising = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }
                guard bounds.last == .infinity, isRising else { throw fail("\(family): bounds \(bounds)") }
                let values = buckets.map(\.value)
                guard values == values.sorted(), values.last == count.value else { throw fail("\(family): counts \(values)") }
                guard value(family + "_sum", count.labels) != nil else { throw fail("\(family) has no sum") }
            }
        }
    }

    private func take(_ rest: inout ArraySlice<Unicode.Scalar>, while condition: (Unicode.Scalar) -> Bool) -> String {
        let taken = rest.prefix(while: condition)
        rest = rest.dropFirst(taken.count)
        return String(String.UnicodeScalarView(taken))
    }

    private func unescape(_ rest: inout ArraySlice<Unicode.Scalar>, quoted: Bool) throws(Failure) -> String {
        var result = ""
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"" where quoted: return result
            case "\\":
                switch rest.popFirst() {
                case "\\": result += "\\"
                case "n": result += "\n"
                case "\"" where quoted: result += "\""
                default: throw fail("bad escape")
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        guard !quoted else { throw fail("a label's value does not end") }
        return result
    }

    private func isName(_ text: String, colon: Bool) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": true
            case ":": colon
            default: false
            }
        }
    }
}
