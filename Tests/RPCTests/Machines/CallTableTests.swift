import RPC
import Testing

@Suite(.timeLimit(.minutes(1))) struct CallTableTests {
    final class Record {
        let key: UInt64
        init(_ key: UInt64) { self.key = key }
    }

    private func check(_ table: CallTable<Record>, _ model: [UInt64: Record], alsoAbsent: [UInt64] = []) {
        #expect(table.count == model.count && table.isEmpty == model.isEmpty)
        #expect(Set(table.values.map(\.key)) == Set(model.keys) && table.values.count == model.count)
        let wrong = model.filter { table[$0.key] !== $0.value }.map(\.key) + alsoAbsent.filter { model[$0] == nil && table[$0] != nil }
        #expect(wrong.isEmpty)
    }

    /// Rising keys with gaps and removals at random places, as calls come and end.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `It agrees with a dictionary for keys that rise`(seed: UInt64) {
        var random = TestRandom(seed: seed)
        var table = CallTable<Record>()
        var model: [UInt64: Record] = [:]
        var gone: [UInt64] = []
        var key: UInt64 = 0
        let target = 1 + random.below(200)
        for step in 0..<2_000 {
            if random.below(2 * target) >= model.count {
                key += UInt64(1 + random.below(3))
                let record = Record(key)
                table.insert(record, for: key)
                model[key] = record
            } else if let victim = model.keys.sorted().dropFirst(random.below(model.count)).first {
                table.remove(victim)
                model[victim] = nil
                gone.append(victim)
                table.remove(victim)
            }
            if step % 250 == 0 { check(table, model, alsoAbsent: gone.suffix(50) + [0, key + 1]) }
        }
        for victim in Array(model.keys) {
            table.remove(victim)
            model[victim] = nil
        }
        check(table, model)
    }

    /// Keys of every size meet in few places, so that runs of neighbours form, wrap around the end, and have gaps closed in them.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `It agrees with a dictionary for any keys`(seed: UInt64) {
        var random = TestRandom(seed: seed)
        var table = CallTable<Record>()
        var model: [UInt64: Record] = [:]
        for step in 0..<1_000 {
            let key = max(1, random.next() >> UInt64(random.below(64)))
            if let known = model.removeValue(forKey: key) {
                #expect(table[key] === known)
                table.remove(key)
            } else if model.count < 7 || random.below(100) == 0 {
                // Seven in sixteen places: the fullest that a table gets before it grows.
                let record = Record(key)
                table.insert(record, for: key)
                model[key] = record
            } else if let victim = model.keys.randomElement(using: &random) {
                table.remove(victim)
                model[victim] = nil
            }
            if step % 10 == 0 { check(table, model, alsoAbsent: [key]) }
        }
    }

    @Test func `0 is no call`() {
        var table = CallTable<Record>()
        #expect(table[0] == nil)
        table.remove(0)
        #expect(table.isEmpty)
    }

    @Test func `A record is let go when its call is removed`() {
        var table = CallTable<Record>()
        weak var weakly: Record?
        do {
            let record = Record(3)
            weakly = record
            table.insert(record, for: 3)
        }
        #expect(weakly != nil)
        table.remove(3)
        #expect(weakly == nil)
    }
}
