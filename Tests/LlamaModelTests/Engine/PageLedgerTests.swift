import LlamaModel
import Testing

@Suite struct PageLedgerTests {
    /// What pages hold, as an engine would have computed it: for each position a number that stands for the token and all before it.
    private struct Pages {
        var positions: [[Int]]

        init(count: Int) { positions = Array(repeating: Array(repeating: 0, count: PageLedger.positionsPerPage), count: count) }

        static func marks(_ tokens: [Int32]) -> [Int] {
            var mark = 17
            return tokens.map { token in
                mark = mark &* 1_000_003 &+ Int(token) &+ 1
                return mark
            }
        }

        mutating func compute(_ tokens: [Int32], from: Int, to: Int, _ hold: PageLedger.Hold) {
            let marks = Self.marks(tokens)
            for position in from..<to {
                positions[Int(hold.pages[position / 32])][position % 32] = marks[position]
            }
        }

        func holds(_ tokens: [Int32], to: Int, _ hold: PageLedger.Hold) -> Bool {
            let marks = Self.marks(tokens)
            return (0..<to).allSatisfy { positions[Int(hold.pages[$0 / 32])][$0 % 32] == marks[$0] }
        }
    }

    private func prompt(_ generator: inout some RandomNumberGenerator) -> [Int32] {
        // Few different beginnings, so that much is shared.
        let head = Int.random(in: 0..<3, using: &generator)
        return (0..<Int.random(in: 1...150, using: &generator)).map { index in
            index < 40 + 20 * head ? Int32(head * 1_000 + index) : Int32.random(in: 0..<3, using: &generator)
        }
    }

    @Test("Ten thousand requests that come, compute, end and are given up leave every page where it was, and find only what is theirs")
    func events() {
        var generator = SeededGenerator(7), ledger = PageLedger(pages: 40), pages = Pages(count: 40)
        var running: [(prompt: [Int32], hold: PageLedger.Hold, computed: Int)] = [], cached = 0
        for _ in 0..<10_000 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                let prompt = prompt(&generator), tokens = prompt.count + Int.random(in: 1...40, using: &generator)
                guard let admission = ledger.admit(prompt: prompt, tokens: tokens) else { continue }
                #expect(admission.hold.pages.count == PageLedger.pages(for: tokens))
                #expect(admission.cachedTokens < prompt.count, "the last token is always computed")
                if let copy = admission.copy { pages.positions[Int(copy.to)] = pages.positions[Int(copy.from)] }
                #expect(pages.holds(prompt, to: admission.cachedTokens, admission.hold), "what is said to be cached is another prompt's")
                cached += admission.cachedTokens
                running.append((prompt, admission.hold, admission.cachedTokens))
            case 1:
                guard let index = running.indices.randomElement(using: &generator) else { continue }
                let next = min(running[index].computed + Int.random(in: 1...64, using: &generator), running[index].prompt.count)
                pages.compute(running[index].prompt, from: running[index].computed, to: next, running[index].hold)
                running[index].computed = next
                ledger.publish(&running[index].hold, prompt: running[index].prompt, computed: next)
                #expect(pages.holds(running[index].prompt, to: next, running[index].hold), "a page was exchanged for another prompt's")
            default:
                guard let index = running.indices.randomElement(using: &generator) else { continue }
                ledger.release(running.remove(at: index).hold)
            }
            #expect(ledger.heldPages + ledger.cachedPages + ledger.freePages == 40)
            for request in running {
                #expect(pages.holds(request.prompt, to: request.computed, request.hold), "somebody wrote into a held page")
            }
        }
        #expect(cached > 10_000, "hardly anything was shared")
        for request in running { ledger.release(request.hold) }
        #expect(ledger.heldPages == 0 && ledger.cachedPages + ledger.freePages == 40)
    }

    @Test("What does not fit waits, what was not used for longest goes first")
    func eviction() throws {
        var ledger = PageLedger(pages: 4)
        func run(_ prompt: [Int32]) throws -> Int {
            let given = ledger.admit(prompt: prompt, tokens: prompt.count + 1)
            var admission = try #require(given)
            ledger.publish(&admission.hold, prompt: prompt, computed: prompt.count)
            ledger.release(admission.hold)
            return admission.cachedTokens
        }
        let a = (0..<40).map { Int32($0) }, b = (100..<140).map { Int32($0) }, c = (200..<240).map { Int32($0) }
        #expect(try run(a) == 0)
        #expect(try run(b) == 0)
        #expect(try run(a) == 32, "a whole page")
        #expect(try run(a.prefix(20) + [7]) == 20, "the beginning of a page, by copying it")
        #expect(try run(c) == 0)
        #expect(try run(a) == 32, "used more lately than b")
        func fits(_ prompt: [Int32], tokens: Int) -> PageLedger.Admission? { ledger.admit(prompt: prompt, tokens: tokens) }
        #expect(fits(a, tokens: 32 * 4 + 1) == nil)
        let all = try #require(fits(b, tokens: 32 * 4))
        #expect(fits(a, tokens: 1) == nil)
        ledger.release(all.hold)
        // Idle, and yet one page short of copying a beginning: it is computed anew rather than never.
        #expect(fits(Array(c.prefix(20)) + [1, 2], tokens: 32 * 4)?.hold.pages.count == 4)
    }
}
