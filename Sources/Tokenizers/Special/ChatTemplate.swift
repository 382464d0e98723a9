/// A turn of a conversation.
package struct ChatMessage: Sendable, Equatable {
    package enum Role: String, Sendable { case system, user, assistant }
    package let role: Role
    package let content: String

    package init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}

/// A piece of a prompt: what the template says, in which control tokens count, or what somebody wrote, in which they do not.
package enum PromptPart: Sendable, Equatable {
    case template(String)
    case content(String)

    /// The text of either.
    package var text: String {
        switch self {
        case .template(let text), .content(let text): text
        }
    }
}

/// How a model wants conversations written. Families are recognised from the Jinja text of `tokenizer.chat_template`, which is not run.
package enum ChatTemplate: Sendable, Equatable {
    /// `<|im_start|>role\n … <|im_end|>\n`; a model may add a system message of its own where there is none.
    case chatML(defaultSystem: String?)
    /// `[INST] <<SYS>>\n…\n<</SYS>>\n\n … [/INST]`.
    case llama2
    /// `<|start_header_id|>role<|end_header_id|>\n\n…<|eot_id|>`.
    case llama3
    /// `<|role|>\n…</s>\n`.
    case zephyr
    /// `<start_of_turn>role\n…<end_of_turn>\n`, without a system role.
    case gemma

    /// The names by which a configuration chooses one.
    package static let names = ["chatml", "llama-2", "llama-3", "zephyr", "gemma"]

    package init?(name: String) {
        switch name {
        case "chatml": self = .chatML(defaultSystem: nil)
        case "llama-2": self = .llama2
        case "llama-3": self = .llama3
        case "zephyr": self = .zephyr
        case "gemma": self = .gemma
        default: return nil
        }
    }

    /// The family of a template; an error that names the option to set where none is known.
    package init(recognising template: String) throws(TokenizerError) {
        if template.contains("<|im_start|>") {
            self = .chatML(defaultSystem: Self.defaultSystem(template))
        } else if template.contains("<|start_header_id|>") {
            self = .llama3
        } else if template.contains("<start_of_turn>") {
            self = .gemma
        } else if template.contains("<|user|>"), template.contains("eos_token") || template.contains("</s>") {
            // Others have the same mark and end turns differently.
            self = .zephyr
        } else if template.contains("[INST]"), template.contains("<<SYS>>") {
            // Mistral's write [INST] too, and the system's words without marks.
            self = .llama2
        } else {
            throw TokenizerError(
                "the model's chat template is of no known family; choose one with --chat-template: \(Self.names.joined(separator: ", "))")
        }
    }

    /// The system message that a ChatML template writes before a conversation that has none: the first whose words stand in the template
    /// itself, between the marks of one literal. Line breaks may be written as Jinja's escape.
    private static func defaultSystem(_ template: String) -> String? {
        var rest = template.replacing("\\n", with: "\n")[...]
        while let begin = rest.range(of: "<|im_start|>system\n") {
            rest = rest[begin.upperBound...]
            guard let end = rest.range(of: "<|im_end|>") else { return nil }
            let words = rest[..<end.lowerBound]
            if !words.isEmpty, !words.contains(where: { "'\"{}".contains($0) }) { return String(words) }
        }
        return nil
    }

    /// The prompt after which the assistant answers.
    package func prompt(_ messages: [ChatMessage]) -> [PromptPart] {
        switch self {
        case .chatML(let defaultSystem):
            var messages = messages
            if let defaultSystem, messages.first?.role != .system { messages.insert(ChatMessage(.system, defaultSystem), at: 0) }
            let turns = messages.flatMap { Self.turn("<|im_start|>\($0.role.rawValue)\n", $0.content, "<|im_end|>\n") }
            return turns + [.template("<|im_start|>assistant\n")]
        case .llama3:
            let turns = messages.flatMap {
                Self.turn("<|start_header_id|>\($0.role.rawValue)<|end_header_id|>\n\n", $0.content.trimmed(), "<|eot_id|>")
            }
            return [.template("<|begin_of_text|>")] + turns + [.template("<|start_header_id|>assistant<|end_header_id|>\n\n")]
        case .zephyr:
            return messages.flatMap { Self.turn("<|\($0.role.rawValue)|>\n", $0.content, "</s>\n") } + [.template("<|assistant|>\n")]
        case .gemma:
            let turns = Self.trimmedWithoutSystem(messages).flatMap {
                Self.turn("<start_of_turn>\($0.role == .assistant ? "model" : "user")\n", $0.content, "<end_of_turn>\n")
            }
            return [.template("<bos>")] + turns + [.template("<start_of_turn>model\n")]
        case .llama2: return Self.llama2(messages)
        }
    }

    private static func turn(_ before: String, _ content: String, _ after: String) -> [PromptPart] {
        [.template(before), .content(content), .template(after)]
    }

    /// The system message, as it is, as the beginning of the first user's.
    private static func trimmedWithoutSystem(_ messages: [ChatMessage]) -> [ChatMessage] {
        let trimmed = messages.map { ChatMessage($0.role, $0.content.trimmed()) }
        guard let system = messages.first, system.role == .system else { return trimmed }
        guard trimmed.count > 1 else { return [ChatMessage(.user, system.content)] }
        return [ChatMessage(trimmed[1].role, system.content + "\n\n" + trimmed[1].content)] + trimmed.dropFirst(2)
    }

    private static func llama2(_ messages: [ChatMessage]) -> [PromptPart] {
        var parts: [PromptPart] = [], system: String?
        for message in messages {
            switch message.role {
            case .system: system = message.content
            case .user:
                parts.append(.template("<s>[INST] "))
                // What is trimmed is the text with the system's before it.
                if let system { parts += turn("<<SYS>>\n", system, "\n<</SYS>>\n\n") }
                parts.append(.content(message.content.trimmed(beginning: system == nil)))
                parts.append(.template(" [/INST]"))
                system = nil
            case .assistant: parts += turn(" ", message.content.trimmed(), " </s>")
            }
        }
        return parts
    }
}

extension String {
    /// Without white space at its end, and at its beginning.
    fileprivate func trimmed(beginning: Bool = true) -> String {
        var text = unicodeScalars[...]
        while let last = text.last, last.properties.isWhitespace { text.removeLast() }
        if beginning { text = text.drop { $0.properties.isWhitespace } }
        return String(text)
    }
}

extension Substring {
    /// The first place of a text; Foundation has the same, which this target does without.
    fileprivate func range(of text: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text), let end = index(at, offsetBy: text.count, limitedBy: endIndex) { return at..<end }
            at = index(after: at)
        }
        return nil
    }
}
