import Testing
import Transport
import Wire

/// PROTOCOL.md 6.1: what absence means, and that no peer can make this end spin or hoard.
@Suite struct PeerLimitsTests {
    @Test(arguments: [nil, Limits()] as [Limits?]) func `What is not told has the protocol's default`(told: Limits?) {
        let limits = PeerLimits(told)
        #expect(limits.maxFrameBytes == 4_194_304)
        #expect(limits.maxCallsInFlight == .max)
        #expect(limits.maxMetadataBytes == 16_384)
        #expect(limits.heartbeatInterval == .milliseconds(1_000))
        #expect(limits.heartbeatLiveness == 3)
        #expect(limits.initialCreditMessages == 0)
        #expect(limits.initialCreditBytes == 0)
    }

    @Test func `The greatest numbers are bounded`() {
        let limits = PeerLimits(
            Limits(
                maxFrameBytes: .max, maxCallsInFlight: .max, maxMetadataBytes: .max, heartbeatIntervalMs: .max, heartbeatLiveness: .max,
                initialCreditMessages: .max, initialCreditBytes: .max))
        #expect(limits.maxFrameBytes == Int(UInt32.max))
        #expect(limits.maxMetadataBytes == 32_768)
        #expect(limits.heartbeatInterval == .milliseconds(600_000))
        #expect(limits.heartbeatLiveness == 100)
        #expect(limits.initialCreditMessages == CreditAccount.maxMessages)
        #expect(limits.initialCreditBytes == CreditAccount.maxBytes)
    }

    @Test func `A heartbeat cannot be made faster than 10 ms or deadly at the first silence`() {
        let limits = PeerLimits(Limits(heartbeatIntervalMs: 1, heartbeatLiveness: 1))
        #expect(limits.heartbeatInterval == .milliseconds(10))
        #expect(limits.heartbeatLiveness == 2)
    }
}
