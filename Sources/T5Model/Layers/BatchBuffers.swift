internal import Kernels

/// A batch's arrays while they stay where they are.
struct BatchBuffers {
    let encoderRows: UnsafeBufferPointer<Int32>
    /// Nil when nothing is added.
    let wholeWords: UnsafeBufferPointer<Int32>?
    let decoderTokens: UnsafeBufferPointer<Int32>
    let labels: UnsafeBufferPointer<Int32>
    let saysItems: Bool
    let addedWords: AddedWords
    let tasks: UnsafeBufferPointer<Int32>
    let encoderSpans: UnsafeBufferPointer<AttentionSpan>
    let decoderSpans: UnsafeBufferPointer<AttentionSpan>
    let crossSpans: UnsafeBufferPointer<AttentionSpan>
    let longestEncoder: Int
    let longestDecoder: Int
}

extension T5Batch {
    func withBuffers<Result>(_ body: (BatchBuffers) throws -> Result) rethrows -> Result {
        try encoderRows.withUnsafeBufferPointer { rows in
            try wholeWords.withUnsafeBufferPointer { words in
                try decoderTokens.withUnsafeBufferPointer { tokens in
                    try labels.withUnsafeBufferPointer { labels in
                        try tasks.withUnsafeBufferPointer { tasks in
                            try encoderSpans.withUnsafeBufferPointer { encoder in
                                try decoderSpans.withUnsafeBufferPointer { decoder in
                                    try crossSpans.withUnsafeBufferPointer { cross in
                                        try body(
                                            BatchBuffers(
                                                encoderRows: rows, wholeWords: hasWholeWords ? words : nil, decoderTokens: tokens,
                                                labels: labels, saysItems: saysItems, addedWords: addedWords, tasks: tasks,
                                                encoderSpans: encoder, decoderSpans: decoder, crossSpans: cross,
                                                longestEncoder: longestEncoder, longestDecoder: longestDecoder))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension BatchBuffers {
    /// The encoder's part alone.
    var withoutDecoder: BatchBuffers {
        let none = UnsafeBufferPointer<Int32>(start: nil, count: 0), noSpans = UnsafeBufferPointer<AttentionSpan>(start: nil, count: 0)
        return BatchBuffers(
            encoderRows: encoderRows, wholeWords: wholeWords, decoderTokens: none, labels: none, saysItems: saysItems,
            addedWords: AddedWords(), tasks: tasks, encoderSpans: encoderSpans, decoderSpans: noSpans, crossSpans: noSpans,
            longestEncoder: longestEncoder, longestDecoder: 0)
    }
}

extension T5Batch {
    /// [T], the weight of each row's task, 1 of sequences without one; in the workspace's present scope.
    func rowWeights(_ taskWeights: [Float], _ workspace: Workspace) -> UnsafeMutablePointer<Float> {
        precondition(taskWeights.count == configuration.taskCount, "\(taskWeights.count) weights for \(configuration.taskCount) tasks")
        let weights = workspace.floats(labels.count)
        for (task, span) in zip(tasks, decoderSpans) {
            for row in span.queries { weights[row] = task < 0 ? 1 : taskWeights[Int(task)] }
        }
        return weights
    }
}
