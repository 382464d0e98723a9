import Teacher
import Testing
import Wire

/// The cache's bound, and who writes what is asked for twice at a time.
struct RationaleCacheTests {
    @Test("It keeps within its bytes, and what was used last")
    func bound() {
        let cache = RationaleCache(maxBytes: 10_000)
        for number in 0..<100 {
            cache.keep("review \(number)")
            // In use all the time.
            if number > 0 { #expect(cache.finds("review 0")) }
        }
        #expect(cache.byteCount <= 10_000 && cache.count > 5 && cache.count < 100)
        #expect(cache.finds("review 99") && !cache.finds("review 50"))
    }

    @Test("What is larger than all of it is not kept, and drives nothing out")
    func tooLarge() {
        let cache = RationaleCache(maxBytes: 10_000)
        cache.keep("small")
        cache.keep(String(repeating: "x", count: 20_000))
        #expect(cache.count == 1 && cache.finds("small"))
    }

    @Test("Whoever asked first is not kept with what was written")
    func ids() {
        let cache = RationaleCache(maxBytes: 10_000), key = RationaleCache.key("review")
        cache.store(
            Rationale(reviewID: String(repeating: "r", count: 9_000), userID: "u", userPreference: "a", itemAttributes: "b"), for: key)
        guard case .found(let rationale) = cache.enter(key) else {
            Issue.record("it was not kept")
            return
        }
        #expect(rationale.reviewID.isEmpty && rationale.userID.isEmpty && rationale.userPreference == "a")
    }

    @Test("Without bytes it keeps nothing")
    func off() {
        let cache = RationaleCache(maxBytes: 0)
        cache.keep("review")
        #expect(!cache.isOn && cache.count == 0)
    }

    @Test("Nobody interactive waits for bulk work, whose turn may be far; bulk work waits for either")
    func priorities() {
        let cache = RationaleCache(maxBytes: 10_000), key = RationaleCache.key("review")
        guard case .mine = cache.enter(key, isBulk: true), case .wait = cache.enter(key, isBulk: true), case .mine = cache.enter(key),
            case .wait = cache.enter(key), case .wait = cache.enter(key, isBulk: true)
        else {
            Issue.record("a bulk one writes, then an interactive one, and all others wait")
            return
        }
        cache.leave(key, isBulk: true)
        guard case .wait = cache.enter(key, isBulk: true) else {
            Issue.record("the interactive one still writes")
            return
        }
        cache.leave(key)
    }

    @Test("Who comes second waits; when the first leaves without a result the next writes")
    func flights() async {
        let cache = RationaleCache(maxBytes: 10_000), key = RationaleCache.key("review")
        guard case .mine = cache.enter(key), case .wait(let wait) = cache.enter(key) else {
            Issue.record("the first writes, the second waits")
            return
        }
        cache.leave(key)
        for await _ in wait {}
        guard case .mine = cache.enter(key) else {
            Issue.record("the second writes")
            return
        }
        cache.store(Rationale(userPreference: "review"), for: key)
        cache.leave(key)
        #expect(cache.finds("review"))
    }
}

extension RationaleCache {
    fileprivate static func key(_ text: String) -> Key {
        Key(modelDigest: "d", promptVersion: "p", sampling: "greedy", text: text, summary: "")
    }

    fileprivate func keep(_ text: String) { store(Rationale(userPreference: text), for: Self.key(text)) }

    fileprivate func finds(_ text: String) -> Bool {
        switch enter(Self.key(text)) {
        case .found(let rationale): return rationale.userPreference == text
        case .mine:
            leave(Self.key(text))
            return false
        case .wait: return false
        }
    }
}
