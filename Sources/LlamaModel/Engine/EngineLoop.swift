internal import Kernels

/// The engine's thread: takes requests on, runs step after step, gives out what is written.
final class EngineLoop {
    private let model: LlamaModel
    private let table: TokenTable
    private let inbox: EngineInbox
    private let configuration: EngineConfiguration
    private let contextLength: Int
    private let pages: KeyValuePages
    private var ledger: PageLedger
    /// By slot.
    private var writers: [Writer?]
    /// Slots in use, in the order in which they were given out, interactive requests first.
    private var order: [Int] = []
    private var batch: StepBatch
    private var best: [Int32]
    private var steps = 0

    init(
        _ model: LlamaModel, _ table: TokenTable, _ inbox: EngineInbox, _ configuration: EngineConfiguration, pages count: Int,
        contextLength: Int
    ) {
        self.model = model
        self.table = table
        self.inbox = inbox
        self.configuration = configuration
        self.contextLength = contextLength
        pages = KeyValuePages(model.weights.configuration, pages: count, half: configuration.halfPrecision)
        ledger = PageLedger(pages: count)
        writers = Array(repeating: nil, count: configuration.slots)
        batch = StepBatch(slots: configuration.slots, pagesPerSlot: PageLedger.pages(for: contextLength))
        best = []
        tellLoad()
    }

    /// Runs a small and a large step for nobody.
    func warmUp() {
        for count in [1, min(configuration.promptTokensPerStep, contextLength)] {
            let tokens = [Int32](repeating: 0, count: count), positions = (0..<Int32(count)).map { $0 }
            guard let admission = ledger.admit(prompt: tokens, tokens: count) else { return }
            admission.hold.pages.withUnsafeBufferPointer { table in
                let sequences = [PagedSequence(rows: 0..<count, first: 0, pages: table)], outputs = [Int32(count - 1)]
                tokens.withUnsafeBufferPointer { tokens in
                    positions.withUnsafeBufferPointer { positions in
                        sequences.withUnsafeBufferPointer { sequences in
                            outputs.withUnsafeBufferPointer { outputs in
                                let batch = LlamaModel.Batch(tokens: tokens, positions: positions, sequences: sequences, outputs: outputs)
                                model.step(batch, pages) { _ in }
                            }
                        }
                    }
                }
            }
            ledger.release(admission.hold)
        }
    }

    func run() {
        while true {
            let (abandoned, isClosing) = inbox.collect(isIdle: order.isEmpty)
            if isClosing { break }
            let now = ContinuousClock.now
            inbox.expire(now)
            for slot in order {
                guard let writer = writers[slot] else { continue }
                if abandoned.contains(writer.id) {
                    end(slot, .failure(.cancelled))
                } else if let deadline = writer.request.deadline, deadline <= now {
                    end(slot, .failure(.deadlineExceeded))
                }
            }
            admit()
            compose()
            if !batch.isEmpty { step() }
            tellLoad()
        }
        for waiting in inbox.takeQueue() { inbox.end(waiting.id, .failure(.stopping)) }
        for slot in order { end(slot, .failure(.stopping)) }
    }

    // Slots

    /// Gives free slots to waiting requests, as far as there are pages. Prompts that are still to be read take turns: a request that begins as
    /// another one finds that one's pages.
    private func admit() {
        var unread = Dictionary(grouping: order.compactMap { writers[$0] }, by: \.request.priority)
            .mapValues { $0.reduce(0) { $0 + ($1.isWriting ? 0 : $1.pending.count) } }
        func bulkAllowed() -> Bool {
            let bulk = order.count { writers[$0]?.request.priority == .bulk }
            return bulk < max(configuration.slots - configuration.interactiveSlots, 1)
        }
        inbox.admit(bulkAllowed: bulkAllowed) { waiting in
            let priority = waiting.request.priority
            // Bulk prompts wait for all others; interactive ones for their own kind.
            let before = unread[.interactive, default: 0] + (priority == .bulk ? unread[.bulk, default: 0] : 0)
            guard before < configuration.promptTokensPerStep, let slot = writers.firstIndex(where: { $0 == nil }) else { return false }
            let request = waiting.request, closing = table.fullStop.count * request.parts.count / 2
            guard let admission = ledger.admit(prompt: request.prompt, tokens: request.mostTokens + closing) else { return false }
            if let copy = admission.copy { pages.copy(from: copy.from, to: copy.to) }
            let writer = Writer(id: waiting.id, request, admission, table)
            unread[priority, default: 0] += writer.pending.count
            writers[slot] = writer
            let place = request.priority == .bulk ? nil : order.firstIndex { writers[$0]?.request.priority == .bulk }
            order.insert(slot, at: place ?? order.endIndex)
            inbox.updateLoad { $0.cachedTokens += UInt64(admission.cachedTokens) }
            return true
        }
    }

    private func end(_ slot: Int, _ outcome: Result<GenerationResult, GenerationError>) {
        guard let writer = writers[slot] else { return }
        writers[slot] = nil
        order.removeAll { $0 == slot }
        ledger.release(writer.hold)
        inbox.updateLoad { $0.acceptedTokens += UInt64(writer.acceptedDrafts) }
        // Before its listener hears of it: what it held is to be had by then.
        tellLoad()
        inbox.end(writer.id, outcome)
    }

    // Steps

    /// All that are writing, and as much of the prompts as a step reads.
    private func compose() {
        batch.removeAll()
        let writing = order.count { writers[$0]?.isWriting ?? false }
        // Rows up to the height of a panel of activations take little more time than one: guesses are nearly free there. Later they would
        // cost more than they save.
        let drafts = writing == 0 ? 0 : max(min(configuration.draftTokens, model.kernels.activationRowsPerPanel / writing - 1), 0)
        var room = configuration.promptTokensPerStep
        // Interactive prompts are read first, but of every four steps one begins with who came first, so that none waits for ever.
        steps += 1
        let turns = steps % 4 == 0 ? order.sorted { writers[$0]?.id ?? 0 < writers[$1]?.id ?? 0 } : order
        for slot in turns {
            guard var writer = writers[slot] else { continue }
            let isWriting = writer.isWriting, count = isWriting ? 1 : min(writer.pending.count, room)
            guard count > 0 else { continue }
            if isWriting {
                let space = min(writer.hold.pages.count * KeyValuePages.positionsPerPage, contextLength) - writer.position - 1
                writer.draft(most: max(min(drafts, space), 0))
                writers[slot] = writer
            } else {
                room -= count
            }
            batch.append(writer, slot: slot, count: count)
        }
    }

    private func step() {
        inbox.beginStep()
        batch.withBatch { batch in
            model.step(batch, pages) { logits in
                choose(logits)
            }
        }
        inbox.endStep()
    }

    private func choose(_ logits: MutableRows) {
        best = [Int32](unsafeUninitializedCapacity: logits.count) { buffer, count in
            count = logits.count
            if let base = buffer.baseAddress { model.kernels.largest(Rows(logits), into: base) }
        }
        var read = 0, chosen = 0, drafted = 0
        for share in batch.shares {
            guard var writer = writers[share.slot] else { continue }
            let wasPrompt = writer.position < writer.request.promptTokens
            writer.read(share.read)
            if wasPrompt {
                read += share.read
                ledger.publish(&writer.hold, prompt: writer.request.prompt, computed: writer.position)
            }
            drafted += max(share.outputCount - 1, 0)
            chosen += choose(&writer, share, logits)
        }
        inbox.updateLoad { load in
            load.promptTokens += UInt64(read)
            load.generatedTokens += UInt64(chosen)
            load.draftedTokens += UInt64(drafted)
        }
    }

    /// Chooses a writer's next token, and more where its guesses were right; returns how many.
    private func choose(_ writer: inout Writer, _ share: StepBatch.Share, _ logits: MutableRows) -> Int {
        var chosen = 0, outcome = Writer.Outcome.next
        for output in 0..<share.outputCount {
            let place = share.firstOutput + output
            outcome = choose(&writer, draft: output, best[place], UnsafeMutableBufferPointer(start: logits[place], count: logits.columns))
            if outcome == .refused { break }
            chosen += 1
            if outcome != .goOn { break }
        }
        let (text, tokens) = writer.takeNews()
        writers[share.slot] = writer
        if !text.isEmpty || !tokens.isEmpty { inbox.tell(writer.id, .text(text, tokens: tokens)) }
        switch outcome {
        case .refused: end(share.slot, .failure(.failed("the model's logits are not numbers")))
        case .finished(let result): end(share.slot, .success(result))
        case .goOn, .next: break
        }
        return chosen
    }

    /// The best token of a row, or one drawn from it, that the writer takes; `.refused` where it takes none.
    private func choose(
        _ writer: inout Writer, draft: Int, _ best: Int32, _ logits: UnsafeMutableBufferPointer<Float>
    ) -> Writer.Outcome {
        let isGreedy = writer.request.sampling.isGreedy
        var token = isGreedy ? best : draw(writer, logits)
        while token >= 0 {
            let outcome = writer.judge(token, draft: draft)
            if outcome != .refused { return outcome }
            logits[Int(token)] = -.infinity
            token = isGreedy ? model.kernels.largest(UnsafeBufferPointer(logits)) : draw(writer, logits)
        }
        return .refused
    }

    private func draw(_ writer: Writer, _ row: UnsafeMutableBufferPointer<Float>) -> Int32 {
        TokenChooser(writer.request.sampling).choose(row, part: writer.partNumber, index: writer.chosenCount) ?? -1
    }

    private func tellLoad() {
        let (held, cached, free) = (ledger.heldPages, ledger.cachedPages, ledger.freePages), running = order.count
        inbox.updateLoad { load in
            load.running = running
            load.freeSlots = configuration.slots - running
            load.heldPages = held
            load.cachedPages = cached
            load.freePages = free
        }
    }
}
