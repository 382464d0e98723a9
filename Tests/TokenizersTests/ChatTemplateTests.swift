import Testing
import Tokenizers

@Suite struct ChatTemplateTests {
    private func text(_ template: ChatTemplate, _ messages: [ChatMessage]) -> String { template.prompt(messages).map(\.text).joined() }
    private let conversation = [ChatMessage(.system, "Be brief."), ChatMessage(.user, "Hello")]

    @Test("Each family writes a conversation its way")
    func families() {
        #expect(
            text(.chatML(defaultSystem: nil), conversation)
                == "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
        #expect(
            text(.llama3, conversation)
                == "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
        )
        #expect(text(.zephyr, conversation) == "<|system|>\nBe brief.</s>\n<|user|>\nHello</s>\n<|assistant|>\n")
        #expect(
            text(.gemma, conversation) == "<bos><start_of_turn>user\nBe brief.\n\nHello<end_of_turn>\n<start_of_turn>model\n")
        #expect(text(.llama2, conversation) == "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHello [/INST]")
    }

    @Test("Families are recognised by their marks, and an unknown one names the option to set")
    func recognition() throws {
        let smollm =
            "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        let template = try ChatTemplate(recognising: smollm)
        #expect(template == .chatML(defaultSystem: "You are a helpful AI assistant named SmolLM, trained by Hugging Face"))
        #expect(
            text(template, [ChatMessage(.user, "Hello")])
                == "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"
        )
        #expect(try ChatTemplate(recognising: "{{ '<|start_header_id|>' }}") == .llama3)
        #expect(try ChatTemplate(recognising: "{{ '<start_of_turn>' }}") == .gemma)
        #expect(try ChatTemplate(recognising: "{{ '<|user|>' + eos_token }}") == .zephyr)
        #expect(try ChatTemplate(recognising: "{{ '[INST] <<SYS>>' }}") == .llama2)
        // Mistral's and Falcon 3's share marks with known families, and mean others.
        for unknown in ["{{ bos }}", "{{ '[INST] ' + message['content'] }}", "{{ '<|user|>\n' + message['content'] + '\n' }}"] {
            #expect { _ = try ChatTemplate(recognising: unknown) } throws: { "\($0)".contains("--chat-template") }
        }
        for name in ChatTemplate.names { #expect(ChatTemplate(name: name) != nil) }
    }
}
