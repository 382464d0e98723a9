import Foundation
import LlamaModel
import ModelFiles
import Testing
import Tokenizers

/// The default model's tokenizer against llama.cpp's, on texts of all kinds.
@Suite struct GoldenTokensTests {
    struct Tokens: Decodable {
        struct Text: Decodable {
            let text: String
            let ids: [Int32]
            let ids_parse_special: [Int32]
            let pieces_hex: [String]
            let detokenized: String?
        }
        let strings: [Text]
    }

    struct Prompts: Decodable {
        struct Prompt: Decodable {
            let review: Int
            let prompt: String
            let ids: [Int32]
        }
        struct Example: Decodable { let prompt: String }
        let user_only_example: Example
        let prompts: [Prompt]
    }

    private func tokenizer() throws -> any Tokenizer { try TokenizerLoading.tokenizer(of: GGUFFile(path: GoldenModel.path())) }

    @Test("All strings have llama.cpp's tokens, both ways, and come back byte for byte")
    func tokens() throws {
        let golden = try JSONDecoder().decode(Tokens.self, from: GoldenModel.fixture("tokens.json")), tokenizer = try tokenizer()
        #expect(golden.strings.count == 249)
        for (index, text) in golden.strings.enumerated() {
            #expect(tokenizer.encode(text.text, parsingSpecial: false) == text.ids, "string \(index)")
            let special = tokenizer.encode(text.text, parsingSpecial: true)
            #expect(special == text.ids_parse_special, "string \(index)")
            #expect(tokenizer.decode(text.ids) == text.text, "string \(index)")
            var stream = StreamingDetokenizer(tokenizer)
            #expect(text.ids.map { stream.append($0) }.joined() + stream.finish() == text.text, "string \(index)")
        }
    }

    @Test("Chat prompts have llama.cpp's text and tokens")
    func prompts() throws {
        let golden = try JSONDecoder().decode(Prompts.self, from: GoldenModel.fixture("prompts.json")), tokenizer = try tokenizer()
        let file = try GGUFFile(path: GoldenModel.path())
        let template = try ChatTemplate(recognising: file.string("tokenizer.chat_template"))
        #expect(template.prompt([ChatMessage(.user, "Hello")]).map(\.text).joined() == golden.user_only_example.prompt)
        for prompt in golden.prompts {
            let turns = prompt.prompt.components(separatedBy: "<|im_end|>\n").dropLast()
            let messages = try turns.map { turn in
                let role = try #require(turn.hasPrefix("<|im_start|>system\n") ? ChatMessage.Role.system : .user)
                return ChatMessage(role, String(turn.dropFirst("<|im_start|>\(role.rawValue)\n".count)))
            }
            let parts = template.prompt(messages)
            #expect(parts.map(\.text).joined() == prompt.prompt, "review \(prompt.review)")
            #expect(tokenizer.encode(parts) == prompt.ids, "review \(prompt.review)")
        }
    }
}
