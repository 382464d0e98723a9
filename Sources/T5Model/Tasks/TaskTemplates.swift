/// The wordings of the tasks' prompts. They mean what RDRec's templates mean; the last of each task is the bare one, identifiers alone,
/// which validation, tests and serving use.
package enum TaskTemplates {
    /// Of the wordings: a model goes with those it was trained on.
    package static let version = 1

    /// Words with the places of identifiers: `{user}`, `{item}`, and `{items}` for a list.
    static let texts: [RecommendationTask: [String]] = [
        .explanation: [
            "Explain why {user} would like {item}",
            "Tell {user} in one sentence what speaks for {item}",
            "What does {user} think of {item} ?",
            "Write what {user} may say about {item}",
            "Describe {item} as {user} would see it",
            "Why was {item} recommended to {user} ?",
            "Give {user} a reason to choose {item}",
            "Say what {user} finds good in {item}",
            "{user} {item}",
        ],
        .sequential: [
            "{user} has bought {items} . What comes next ?",
            "After {items} , which item will {user} buy ?",
            "Name the next item of {user} , whose purchases were {items}",
            "The purchases of {user} in their order : {items} . Continue the list",
            "Predict what {user} buys after {items}",
            "Given the history {items} , recommend an item to {user}",
            "What is {user} looking for , having bought {items} ?",
            "{user} {items}",
        ],
        .topN: [
            "Which of these items suits {user} best ? {items}",
            "Choose one item for {user} among {items}",
            "From the candidates {items} , pick what {user} would buy",
            "One of {items} is to be recommended to {user} . Which ?",
            "{user} {items}",
        ],
        .preference: ["What does {user} prefer ?"],
        .attributes: ["What are the attributes of {item} ?"],
    ]

    /// How many wordings a task has; the bare one is the last.
    package static func count(_ task: RecommendationTask) -> Int { texts[task]?.count ?? 0 }

    /// A prompt in one of the task's wordings.
    ///
    /// - Parameters:
    ///   - wording: Below ``count(_:)``; the bare one when nil.
    ///   - user: Left out where there is none, as for a history without a known user.
    ///   - items: The item of an explanation or of attributes; the history, oldest first; or the candidates.
    package static func prompt(_ task: RecommendationTask, wording: Int? = nil, user: Int? = nil, items: [Int] = []) -> TaskPrompt {
        let wording = wording ?? count(task) - 1
        guard let texts = texts[task], texts.indices.contains(wording) else {
            preconditionFailure("wording \(wording) of \(task), which has \(count(task))")
        }
        var parts: [TaskPrompt.Part] = []
        for word in texts[wording].split(separator: " ") {
            switch word {
            case "{user}": if let user { parts.append(.user(user)) }
            case "{item}", "{items}": parts += items.map { .item($0) }
            default:
                if case .text(let text) = parts.last {
                    parts[parts.count - 1] = .text("\(text) \(word)")
                } else {
                    parts.append(.text(String(word)))
                }
            }
        }
        return TaskPrompt(task, parts)
    }
}
