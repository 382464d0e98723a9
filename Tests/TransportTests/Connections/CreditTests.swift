import Testing
import Transport

@Suite struct CreditTests {
    @Test func bothAccountsMustBeAboveZero() {
        var account = CreditAccount(messages: 2, bytes: 10)
        let taken = [account.take(bytes: 4), account.take(bytes: 4), account.take(bytes: 1)]
        #expect(taken == [true, true, false], "two messages were granted")
        account.add(messages: 5, bytes: 0)
        let large = account.take(bytes: 100)
        #expect(large, "the last message may take the bytes below zero")
        #expect(account.bytes == -98)
        let none = account.take(bytes: 0)
        #expect(!none, "no bytes are left")
        account.add(messages: 0, bytes: 98)
        #expect(!account.isOpen)
        account.add(messages: 0, bytes: 1)
        #expect(account.isOpen)
    }

    @Test func grantsBeyondTheMaximumAreLost() {
        var account = CreditAccount(messages: 1, bytes: 1)
        account.add(messages: .max, bytes: .max)
        account.add(messages: .max, bytes: .max)
        #expect(account.messages == CreditAccount.maxMessages)
        #expect(account.bytes == CreditAccount.maxBytes)
    }

    @Test func whatIsConsumedIsGrantedAtHalfTheInitialCredit() {
        var grants = CreditGrants(initialMessages: 4, initialBytes: 1_000)
        let first = grants.consumed(bytes: 10)
        #expect(first == nil)
        let byMessages = grants.consumed(bytes: 10)
        #expect(byMessages?.messages == 2 && byMessages?.bytes == 20)
        let byBytes = grants.consumed(bytes: 600)
        #expect(byBytes?.messages == 1 && byBytes?.bytes == 600)
    }

    @Test func aCreditOfOneMessageIsGrantedAgainAtOnce() {
        var grants = CreditGrants(initialMessages: 1, initialBytes: 1)
        let grant = grants.consumed(bytes: 5)
        #expect(grant?.messages == 1 && grant?.bytes == 5)
    }

    /// A sender and a receiver within the rules, at random speeds: never more in flight than granted, never stuck.
    @Test(arguments: 1...10 as ClosedRange<UInt64>) func senderAndReceiverNeverStarveNorOverrun(seed: UInt64) {
        var random = SplitMix(state: seed)
        let messages = Int(random.next() % 8) + 1
        let bytes = Int(random.next() % 500) + 1
        var sender = CreditAccount(messages: messages, bytes: bytes)
        var receiver = sender
        var grants = CreditGrants(initialMessages: messages, initialBytes: bytes)
        var inFlight: [Int] = []
        var consumed = 0
        for _ in 0..<5_000 {
            let size = Int(random.next() % 300)
            if random.next() % 2 == 0, sender.take(bytes: size) {
                let taken = receiver.take(bytes: size)
                #expect(taken, "the receiver's account agrees with the sender's")
                inFlight.append(size)
            }
            #expect(inFlight.count <= messages)
            if random.next() % 2 == 0, !inFlight.isEmpty {
                let size = inFlight.removeFirst()
                consumed += 1
                if let more = grants.consumed(bytes: size) {
                    sender.add(messages: more.messages, bytes: more.bytes)
                    receiver.add(messages: more.messages, bytes: more.bytes)
                }
            }
        }
        #expect(consumed > 500)
        #expect(sender == receiver)
    }
}
