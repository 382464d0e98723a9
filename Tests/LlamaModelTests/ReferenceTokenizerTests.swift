import Foundation
import LlamaModel
import ModelFiles
import Testing
import Tokenizers

/// Tokens, words and prompts against the programs that define them: sentencepiece, the rules' regular expressions, the models' published
/// chat templates (Fixtures/make_tokenizers.py).
@Suite struct ReferenceTokenizerTests {
    @Test("SentencePiece models give sentencepiece's own tokens, and the text comes back", arguments: ["spm", "spm-no-prefix"])
    func sentencePiece(_ name: String) throws {
        struct Pieces: Decodable {
            let texts: [String]
            let spm: [[Int32]]
            let withoutPrefix: [[Int32]]
            enum CodingKeys: String, CodingKey {
                case texts, spm
                case withoutPrefix = "spm-no-prefix"
            }
        }
        let reference = try JSONDecoder().decode(Pieces.self, from: GoldenModel.fixture("tokenizers/spm.json"))
        let tokenizer = try TokenizerLoading.tokenizer(of: GGUFFile(path: GoldenModel.fixturePath("tokenizers/\(name).gguf")))
        let expected = name == "spm" ? reference.spm : reference.withoutPrefix
        #expect(expected.count > 300)
        for (text, tokens) in zip(reference.texts, expected) {
            #expect(tokenizer.encode(text, parsingSpecial: false) == tokens, "\(text.debugDescription)")
            // A text's own U+2581 is a space to sentencepiece too.
            let plain = text.replacing("\u{2581}", with: " ")
            #expect(tokenizer.decode(tokens) == (name == "spm" && !text.isEmpty ? " " + plain : plain), "\(text.debugDescription)")
        }
    }

    @Test("Texts are cut into words as the rules' regular expressions cut them", arguments: PreTokenizer.allCases)
    func words(_ rule: PreTokenizer) throws {
        struct Words: Decodable {
            let texts: [String]
            let lengths: [String: [[Int]]]

            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: Key.self)
                texts = try values.decode([String].self, forKey: Key("texts"))
                var lengths: [String: [[Int]]] = [:]
                for key in values.allKeys where key.stringValue != "texts" {
                    lengths[key.stringValue] = try values.decode([[Int]].self, forKey: key)
                }
                self.lengths = lengths
            }
            struct Key: CodingKey {
                let stringValue: String
                var intValue: Int? { nil }
                init(_ name: String) { stringValue = name }
                init(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { nil }
            }
        }
        let reference = try JSONDecoder().decode(Words.self, from: GoldenModel.fixture("tokenizers/words.json"))
        let lengths = try #require(reference.lengths[rule.rawValue])
        #expect(lengths.count == reference.texts.count && lengths.count > 300)
        for (text, expected) in zip(reference.texts, lengths) {
            let words = rule.words(of: text)
            #expect(words.map(\.unicodeScalars.count) == expected, "\(text.debugDescription): \(words)")
        }
    }

    @Test("Prompts are what the models' published chat templates write")
    func chats() throws {
        struct Chats: Decodable {
            struct Template: Decodable {
                let name: String
                let family: String
                let template: String
                let prompts: [String]
            }
            let conversations: [[[String]]]
            let templates: [Template]
        }
        let reference = try JSONDecoder().decode(Chats.self, from: GoldenModel.fixture("tokenizers/chats.json"))
        for published in reference.templates {
            let template = try ChatTemplate(recognising: published.template)
            #expect(published.prompts.count == reference.conversations.count)
            for (conversation, prompt) in zip(reference.conversations, published.prompts) {
                let messages = try conversation.map { ChatMessage(try #require(ChatMessage.Role(rawValue: $0[0])), $0[1]) }
                #expect(template.prompt(messages).map(\.text).joined() == prompt, "\(published.name)")
                // By name there is no system message of the model's own.
                if messages[0].role == .system {
                    let named = try #require(ChatTemplate(name: published.family))
                    #expect(named.prompt(messages).map(\.text).joined() == prompt, "\(published.name) by name")
                }
            }
        }
        #expect(Set(reference.templates.map(\.family)) == Set(ChatTemplate.names))
    }
}
