/// A sentence with alternatives, `{bought|got} <this>`: one of those in braces is taken, at random, and a word for what is in angle
/// brackets. Alternatives may hold others.
struct Phrase: Sendable, ExpressibleByStringLiteral {
    /// What stands for a word.
    enum Slot: String, Sendable, CaseIterable {
        /// The kind of article: "tent", "gloves".
        case thing
        /// "this tent", "these gloves".
        case this
        case it
        /// As an object.
        case them
        case `is`
        case was
        case has
        case does
        /// The ending of a verb.
        case s
        /// An attribute that is spoken of.
        case value
        /// What the customer would rather have had.
        case wish

        fileprivate var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    private enum Part: Sendable {
        case text([UInt8])
        /// By its number among all.
        case slot(Int)
        indirect case choice([[Part]])
    }

    /// The words for the slots.
    struct Context {
        private var words: [[UInt8]]

        init(_ category: Category) {
            words = Array(repeating: [], count: Slot.allCases.count)
            let isPlural = category.isPlural
            self[.thing] = category.name
            self[.this] = (isPlural ? "these " : "this ") + category.name
            self[.it] = isPlural ? "they" : "it"
            self[.them] = isPlural ? "them" : "it"
            self[.is] = isPlural ? "are" : "is"
            self[.was] = isPlural ? "were" : "was"
            self[.has] = isPlural ? "have" : "has"
            self[.does] = isPlural ? "do" : "does"
            self[.s] = isPlural ? "" : "s"
        }

        subscript(slot: Slot) -> String {
            get { String(decoding: words[slot.number], as: UTF8.self) }
            set { words[slot.number] = Array(newValue.utf8) }
        }

        fileprivate func bytes(_ slot: Int) -> [UInt8] { words[slot] }
    }

    private let parts: [Part]

    /// Traps for braces or brackets that are not closed, or a slot that there is not: phrases are part of the program.
    init(stringLiteral text: String) {
        var rest = Array(text.utf8)[...]
        parts = Self.parse(&rest)
        precondition(rest.isEmpty, "braces do not match: \(text)")
    }

    private static func parse(_ rest: inout ArraySlice<UInt8>) -> [Part] {
        var parts: [Part] = [], text: [UInt8] = []
        func flush() {
            if !text.isEmpty { parts.append(.text(text)) }
            text = []
        }
        scan: while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "|"), UInt8(ascii: "}"): break scan
            case UInt8(ascii: "{"):
                flush()
                var choices: [[Part]] = []
                repeat {
                    rest = rest.dropFirst()
                    choices.append(parse(&rest))
                } while rest.first == UInt8(ascii: "|")
                precondition(rest.first == UInt8(ascii: "}"), "a brace is not closed")
                parts.append(.choice(choices))
            case UInt8(ascii: "<"):
                flush()
                let name = rest.dropFirst().prefix { $0 != UInt8(ascii: ">") }
                guard let slot = Slot(rawValue: String(decoding: name, as: UTF8.self)) else { preconditionFailure("no such slot") }
                rest = rest.dropFirst(name.count + 1)
                parts.append(.slot(slot.number))
            default: text.append(byte)
            }
            rest = rest.dropFirst()
        }
        flush()
        return parts
    }

    /// Adds one of its forms to `output`, its first letter in the upper case.
    func write(_ context: Context, _ random: inout ShopRandom, to output: inout [UInt8]) {
        let start = output.count
        Self.write(parts, context, &random, &output)
        if start < output.count, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(output[start]) { output[start] -= 32 }
    }

    /// One of its forms as a text.
    func sentence(_ context: Context, _ random: inout ShopRandom) -> String {
        var bytes: [UInt8] = []
        write(context, &random, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ parts: [Part], _ context: Context, _ random: inout ShopRandom, _ output: inout [UInt8]) {
        for part in parts {
            switch part {
            case .text(let text): output += text
            case .slot(let slot): output += context.bytes(slot)
            case .choice(let choices): write(choices[random.below(choices.count)], context, &random, &output)
            }
        }
    }
}
