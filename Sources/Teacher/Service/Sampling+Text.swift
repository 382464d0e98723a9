package import Wire

extension Wire.Sampling {
    /// The parameters as text, the same for all that mean the same: `greedy`, or `temperature=0.7 top_p=0.9 top_k=40 seed=7`, and
    /// ` max_tokens=30` where it is asked for. What a provenance tells.
    package var canonicalText: String {
        var words: [String] = []
        if temperature == 0 {
            words.append("greedy")
        } else {
            words.append("temperature=\(temperature)")
            // 0 and 1 are both all.
            if topP > 0, topP < 1 { words.append("top_p=\(topP)") }
            if topK > 0 { words.append("top_k=\(topK)") }
            words.append("seed=\(seed)")
        }
        if maxTokens > 0 { words.append("max_tokens=\(maxTokens)") }
        return words.joined(separator: " ")
    }

    /// Whether asking again is meant to give the same: greedy, or with a seed that somebody chose.
    var isRepeatable: Bool { temperature == 0 || seed != 0 }
}
