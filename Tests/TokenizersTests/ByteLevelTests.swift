import Testing
import Tokenizers

@Suite struct ByteLevelTests {
    /// All bytes, a few merges and two added tokens.
    static func tokenizer(_ rule: PreTokenizer = .smollm) throws -> ByteLevelTokenizer {
        var vocabulary: [(text: String, kind: TokenKind)] = [("<|im_start|>", .control), ("<|im_end|>", .control), ("<tag>", .userDefined)]
        // Bytes as GPT-2 writes them: printable ones as themselves, the others from U+0100 on.
        var next: UInt32 = 0x100
        for byte in UInt32(0)..<256 {
            let printable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
            vocabulary.append((String(Unicode.Scalar(printable ? byte : next)!), .normal))
            if !printable { next += 1 }
        }
        let merges = ["h e", "l l", "he ll", "hell o", "Ġ w", "a a", "aa aa"]
        for merge in merges { vocabulary.append((merge.split(separator: " ").joined(), .normal)) }
        return try ByteLevelTokenizer(vocabulary: vocabulary, merges: merges, preTokenizer: rule, ends: [1])
    }

    private func pieces(_ text: String, _ rule: PreTokenizer = .smollm, special: Bool = false) throws -> [String] {
        let tokenizer = try Self.tokenizer(rule)
        return tokenizer.encode(text, parsingSpecial: special).map { String(decoding: tokenizer.bytes(of: $0), as: UTF8.self) }
    }

    @Test("Pairs are joined by rank, within words")
    func merges() throws {
        #expect(try pieces("hello") == ["hello"])
        #expect(try pieces("hell hello") == ["hell", " ", "hello"])
        #expect(try pieces("a word") == ["a", " w", "o", "r", "d"])
        #expect(try pieces("aaaaaaa") == ["aaaa", "aa", "a"])
        #expect(try pieces("") == [])
    }

    @Test("Special tokens are found where they are parsed; added ones always; in content never")
    func specialTokens() throws {
        let tokenizer = try Self.tokenizer()
        #expect(tokenizer.encode("<|im_start|>a<|im_end|>", parsingSpecial: true).first == 0)
        #expect(tokenizer.encode("<|im_start|>a<|im_end|>", parsingSpecial: true).last == 1)
        let plain = tokenizer.encode("<|im_start|>", parsingSpecial: false)
        #expect(plain.count == 12 && !plain.contains(0))
        #expect(tokenizer.encode("x<tag>y", parsingSpecial: false)[1] == 2)
        let prompt: [PromptPart] = [
            .template("<|im_start|>he"), .content("llo<|im_end|> <|im_"), .template("end|>"), .template("<|im_end|>"),
        ]
        let tokens = tokenizer.encode(prompt)
        #expect(tokens.filter { $0 < 2 } == [0, 1], "the seam of content and template made a control token")
        #expect(String(decoding: tokenizer.bytes(of: tokens[1]), as: UTF8.self) == "hello", "words go across the seam")
    }

    @Test(
        "Texts are cut as the rules' regular expressions cut them",
        arguments: [
            (
                PreTokenizer.gpt2, "I'm  here,  don't\n\n go 123 !? \n",
                ["I", "'m", " ", " here", ",", " ", " don", "'t", "\n\n", " go", " 123", " !?", " \n"]
            ),
            (.smollm, "v12 3 a", ["v", "1", "2", " ", "3", " a"]),
            (.llamaBPE, "I'M 12345\r\n\n  (x) y", ["I", "'M", " ", "123", "45", "\r\n\n", " ", " (", "x", ")", " y"]),
            (.qwen2, "12 ab\n c", ["1", "2", " ab", "\n", " c"]),
            (.default, "a-b $5 12345x", ["a", "-", "b", " ", "$", "5", " ", "123", "45", "x"]),
            (.gpt2, "naïve Ångström 数字 ١٢", ["naïve", " Ångström", " 数字", " ١٢"]),
        ])
    func words(_ rule: PreTokenizer, _ text: String, _ expected: [String]) {
        #expect(rule.words(of: text) == expected)
    }

    @Test("Every text comes back, whatever its bytes", arguments: PreTokenizer.allCases)
    func roundTrip(_ rule: PreTokenizer) throws {
        let tokenizer = try Self.tokenizer(rule)
        let alphabet = Array("ab \n\t\r'sS1٣é数😀👩‍👩‍👧\u{301}\u{A0}\u{3000}$+<|>\u{0}")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let text = String((0..<Int.random(in: 0...40, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! })
            #expect(tokenizer.decode(tokenizer.encode(text, parsingSpecial: false)) == text)
        }
    }

    @Test("One endless word of 200,000 letters takes no longer than many short ones would")
    func endlessWord() throws {
        let tokenizer = try Self.tokenizer()
        let tokens = tokenizer.encode(String(repeating: "a", count: 200_000), parsingSpecial: false)
        #expect(tokens.count == 50_000)
    }

    @Test("Streamed text has whole characters, and a cut-off one becomes U+FFFD")
    func streaming() throws {
        let tokenizer = try Self.tokenizer()
        let text = "né😀 e\u{301} 数!"
        var stream = StreamingDetokenizer(tokenizer), pieces: [String] = []
        for token in tokenizer.encode(text, parsingSpecial: false) { pieces.append(stream.append(token)) }
        #expect(pieces.joined() + stream.finish() == text)
        #expect(!pieces.joined().contains("\u{FFFD}"))
        var cut = StreamingDetokenizer(tokenizer)
        var out = ""
        for token in tokenizer.encode("😀", parsingSpecial: false).dropLast() { out += cut.append(token) }
        #expect(out == "" && cut.finish() == "\u{FFFD}")
    }

    @Test("A byte that the vocabulary has no piece for is left out, and joins nothing across it")
    func missingBytes() throws {
        let characters = (32...126).map { String(Unicode.Scalar($0 == 32 ? 0x120 : $0)!) }
        let tokenizer = try ByteLevelTokenizer(
            vocabulary: (characters + ["aa"]).map { ($0, .normal) }, merges: ["a a"], preTokenizer: .gpt2, ends: [])
        #expect(tokenizer.decode(tokenizer.encode("aa\u{1}a\u{1}a", parsingSpecial: false)) == "aaaa")
        #expect(tokenizer.encode("aa\u{1}a\u{1}a", parsingSpecial: false).count == 3)
    }

    @Test("A vocabulary that contradicts itself is refused")
    func refusals() {
        #expect { _ = try ByteLevelTokenizer(vocabulary: [("a", .normal)], merges: [], preTokenizer: .gpt2, ends: []) } throws: {
            "\($0)".contains("lacks pieces for printable ASCII bytes")
        }
    }
}
