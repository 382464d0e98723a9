/// The gradient of a bias over distance while its sequences are in work: a part for each sequence and head, added up in their order
/// afterwards, so that the sum does not depend on which thread was first.
struct BiasParts {
    private let base: UnsafeMutablePointer<Float>
    /// Where the parts of each sequence begin.
    private let offsets: UnsafeMutablePointer<Int>

    init(_ attention: RaggedAttention, _ workspace: Workspace) {
        offsets = workspace.values(Int.self, attention.spans.count + 1)
        var total = 0
        for (index, span) in attention.spans.enumerated() {
            offsets[index] = total
            total += attention.heads * Self.count(span)
        }
        offsets[attention.spans.count] = total
        base = workspace.floats(total)
        base.update(repeating: 0, count: total)
    }

    /// Distances 1 - queries ... keys - 1.
    private static func count(_ span: AttentionSpan) -> Int { span.queries.count + span.keys.count }

    /// Distance 0 of a part.
    func origin(_ attention: RaggedAttention, span: Int, head: Int) -> UnsafeMutablePointer<Float> {
        let rows = attention.spans[span]
        return base + offsets[span] + head * Self.count(rows) + rows.queries.count
    }

    func add(to gradient: DistanceBias, _ attention: RaggedAttention) {
        for (index, span) in attention.spans.enumerated() where !span.queries.isEmpty && !span.keys.isEmpty {
            let highest = attention.causal ? 0 : span.keys.count - 1
            for head in 0..<attention.heads {
                let part = origin(attention, span: index, head: head), sum = gradient.origin(head)
                for distance in (1 - span.queries.count)...highest { sum[distance] += part[distance] }
            }
        }
    }
}
