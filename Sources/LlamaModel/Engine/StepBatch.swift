internal import Kernels

/// The rows of a step while they are gathered. Its memory is kept from step to step.
struct StepBatch: ~Copyable {
    /// A writer's part in the step.
    struct Share {
        let slot: Int
        /// Pending tokens that are read.
        let read: Int
        /// Where its wanted rows begin among the step's outputs, and how many they are: the last pending token and the guesses; none
        /// while its prompt goes on.
        let firstOutput: Int
        let outputCount: Int
    }

    private(set) var shares: [Share] = []
    private var tokens: [Int32] = []
    private var positions: [Int32] = []
    private var sequences: [PagedSequence] = []
    private var outputs: [Int32] = []
    /// [slots, pagesPerSlot].
    private let pageTables: UnsafeMutablePointer<Int32>
    private let pagesPerSlot: Int

    init(slots: Int, pagesPerSlot: Int) {
        self.pagesPerSlot = pagesPerSlot
        pageTables = .allocate(capacity: slots * pagesPerSlot)
        pageTables.initialize(repeating: 0, count: slots * pagesPerSlot)
    }

    deinit { pageTables.deallocate() }

    var isEmpty: Bool { shares.isEmpty }
    var rowCount: Int { tokens.count }
    var outputCount: Int { outputs.count }

    mutating func removeAll() {
        shares.removeAll(keepingCapacity: true)
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        sequences.removeAll(keepingCapacity: true)
        outputs.removeAll(keepingCapacity: true)
    }

    /// Adds the first `count` pending tokens of a writer, and its guesses when these are all.
    mutating func append(_ writer: Writer, slot: Int, count: Int) {
        let isWhole = count == writer.pending.count, first = tokens.count
        tokens += writer.pending[..<count]
        if isWhole { tokens += writer.drafts }
        for row in first..<tokens.count { positions.append(Int32(writer.position + row - first)) }
        let table = pageTables + slot * pagesPerSlot
        for (index, page) in writer.hold.pages.enumerated() { table[index] = page }
        sequences.append(
            PagedSequence(
                rows: first..<tokens.count, first: writer.position,
                pages: UnsafeBufferPointer(start: table, count: writer.hold.pages.count)))
        let wanted = isWhole ? writer.drafts.count + 1 : 0
        shares.append(Share(slot: slot, read: count, firstOutput: outputs.count, outputCount: wanted))
        for row in tokens.count - wanted..<tokens.count { outputs.append(Int32(row)) }
    }

    /// The batch as the model takes it, for as long as `body` runs.
    func withBatch<Result>(_ body: (LlamaModel.Batch) throws -> Result) rethrows -> Result {
        try tokens.withUnsafeBufferPointer { tokens in
            try positions.withUnsafeBufferPointer { positions in
                try sequences.withUnsafeBufferPointer { sequences in
                    try outputs.withUnsafeBufferPointer { outputs in
                        try body(LlamaModel.Batch(tokens: tokens, positions: positions, sequences: sequences, outputs: outputs))
                    }
                }
            }
        }
    }
}
