import LlamaModel
import Testing
import Tokenizers

@Suite struct PartWriterTests {
    /// A vocabulary of the bytes of ASCII and the pieces given, whose last is the end of a turn.
    private struct Pieces {
        let table: TokenTable
        private var ids: [String: Int32] = [:]

        init(_ pieces: [String]) throws {
            let alphabet = (0..<128).map { byte in
                String(Unicode.Scalar((0x21...0x7E).contains(byte) ? UInt32(byte) : UInt32(0x100 + (byte < 0x21 ? byte : 33)))!)
            }
            var vocabulary: [(text: String, kind: TokenKind)] = alphabet.map { ($0, .normal) }
            for piece in pieces {
                ids[piece] = Int32(vocabulary.count)
                let text = piece.unicodeScalars.map { $0.value < 0x21 ? String(Unicode.Scalar(0x100 + $0.value)!) : String($0) }.joined()
                vocabulary.append((text, .normal))
            }
            ids["<end>"] = Int32(vocabulary.count)
            vocabulary.append(("<end>", .control))
            table = TokenTable(
                try ByteLevelTokenizer(vocabulary: vocabulary, merges: [], preTokenizer: .gpt2, ends: [Int32(vocabulary.count) - 1]))
        }

        subscript(piece: String) -> Int32 { ids[piece] ?? -1 }
    }

    private static let pieces = [
        " good", " strings", " for", " the", " price", ".", "!", ".\"", " \"", "\n", ".\n", " 2", "5", " Mr", " Brown", " U", "S", ",",
        " a",
    ]

    /// The sentence that comes of these pieces, which tokens stood, and the last verdict.
    private func sentence(
        _ wanted: [String], budget: Int = 20, unrepeated: Int = 0, quotes: Bool = true
    ) throws -> (text: String, taken: [String], end: PartWriter.Verdict) {
        let pieces = try Pieces(Self.pieces)
        let writing = Generation.Writing(
            maxTokens: budget, style: .sentence, unrepeatedTokens: unrepeated, allowsQuotationMarks: quotes)
        var writer = PartWriter(writing, pieces.table), taken: [String] = []
        var verdict = PartWriter.Verdict.taken
        for piece in wanted {
            verdict = writer.judge(pieces[piece])
            switch verdict {
            case .taken, .ended(kept: true): taken.append(piece)
            case .refused, .ended(kept: false): break
            }
            if case .ended = verdict { break }
        }
        return (writer.result.text, taken, verdict)
    }

    @Test("A sentence ends at its stop, a line's end, the model's wish or its budget, and has a stop in any case")
    func ends() throws {
        #expect(try sentence([" good", " strings", "."]) == (" good strings.".trimmed, [" good", " strings", "."], .ended(kept: true)))
        #expect(try sentence([" good", " strings", "!", " the"]).text == "good strings!")
        #expect(try sentence([" good", " strings", "\n"]) == ("good strings.", [" good", " strings"], .ended(kept: false)))
        #expect(try sentence([" good", " strings", ".\n"]) == ("good strings.", [" good", " strings", ".\n"], .ended(kept: true)))
        #expect(try sentence([" good", " strings", ",", "<end>"]) == ("good strings.", [" good", " strings", ","], .ended(kept: false)))
        #expect(try sentence([" good", " strings", " for"], budget: 3).text == "good strings for.")
        #expect(try sentence([" \"", " good", " strings", ".\""]).text == "\" good strings\".")
    }

    @Test("It does not end before it has two words")
    func least() throws {
        #expect(try sentence(["."]).end == .refused)
        #expect(try sentence(["<end>"]).end == .refused)
        #expect(try sentence(["\n"]).end == .refused)
        #expect(try sentence([" good", "."]).end == .refused)
        #expect(try sentence([" good", ".", " strings", "."]).text == "good strings.")
    }

    @Test("A run of tokens is not chosen twice, and no quotation mark, where the request says so")
    func refusals() throws {
        let circle = [" good", " strings", " for", " good", " strings", " for", " the", " price", "."]
        #expect(try sentence(circle, unrepeated: 3).text == "good strings for good strings the price.")
        #expect(try sentence(circle, unrepeated: 2).taken == [" good", " strings", " for", " good", " for", " the", " price", "."])
        #expect(try sentence(circle).text == "good strings for good strings for the price.")
        #expect(try sentence([" \"", " good", " strings", ".\"", "."], quotes: false).text == "good strings.")
    }

    @Test("The full stop of a number ends it where no digit follows; that of an initial or an abbreviation does not")
    func openStops() throws {
        #expect(try sentence([" strings", " for", " 2", ".", "5", " price", "."]).text == "strings for 2.5 price.")
        #expect(
            try sentence([" strings", " for", " 2", ".", " good"])
                == ("strings for 2.", [" strings", " for", " 2", "."], .ended(kept: false)))
        #expect(try sentence([" strings", " the", " U", ".", "S", ".", "\n"]).text == "strings the U.S.")
        #expect(try sentence([" strings", " for", " Mr", ".", " Brown", "."]).text == "strings for Mr. Brown.")
        #expect(try sentence([" the", " price", ".", " good"]).end == .ended(kept: true))
    }

    @Test("A sentence is never of marks alone: the last of the budget is kept for words")
    func marks() throws {
        #expect(try sentence([",", ",", ",", ",", " good", " price"], budget: 4).text == ",, good price.")
        #expect(try sentence([",", "<end>"]).end == .refused)
    }

    @Test("Stop texts end a free part and are left out, however tokens cut them", arguments: [["5 good"], ["2", "x"], ["nothing", ""]])
    func stopTexts(_ stops: [String]) throws {
        let pieces = try Pieces(Self.pieces)
        var writer = PartWriter(.init(maxTokens: 6, style: .free(stops: stops)), pieces.table), told = ""
        for piece in [" the", " 2", "5", " good", " strings", "<end>"] {
            let verdict = writer.judge(pieces[piece])
            told += writer.takeText()
            if case .ended = verdict { break }
        }
        let whole = " the 25 good strings", end = stops.compactMap { whole.firstRange(of: $0)?.lowerBound }.min() ?? whole.endIndex
        #expect(writer.result.text == (stops.contains("") ? whole : String(whole[..<end])) && told == writer.result.text)
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
