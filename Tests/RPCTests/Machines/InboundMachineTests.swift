import RPC
import Testing
import Transport
import Wire

/// The numbering and the credit of a stream at its receiver: PROTOCOL.md 4 and 5.
@Suite(.timeLimit(.minutes(1))) struct InboundMachineTests {
    private func machine(messages: Int = 3, bytes: Int = 100) -> InboundMachine {
        InboundMachine(credit: CreditAccount(messages: messages, bytes: bytes))
    }

    private func fault(_ machine: inout InboundMachine, sequence: UInt64, bytes: Int = 1, maxFrameBytes: Int = 50) -> InboundMachine.Fault?
    {
        do throws(InboundMachine.Fault) {
            try machine.message(sequence: sequence, bytes: bytes, maxFrameBytes: maxFrameBytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `Messages are numbered from 0 without a gap or a repetition`() {
        for wrong in [0, 2, 3, UInt64.max] {
            var machine = machine()
            let first = fault(&machine, sequence: 0)
            #expect(first == nil)
            let second = fault(&machine, sequence: wrong)
            #expect(second?.code == .dataLoss && second?.reason == .sequence, "sequence \(wrong) after 0")
            #expect(machine.count == 1)
        }
    }

    @Test func `A message beyond the frame limit is named by its limit and takes no credit`() {
        var machine = machine()
        let over = fault(&machine, sequence: 0, bytes: 51)
        #expect(over?.code == .resourceExhausted && over?.reason == .frameBytes)
        #expect(over?.message.contains("max_frame_bytes") == true)
        let exact = fault(&machine, sequence: 0, bytes: 50)
        #expect(exact == nil)
    }

    @Test func `The account of bytes may go below 0 by the last message and not further`() {
        var machine = machine(messages: 10, bytes: 10)
        let faults = [fault(&machine, sequence: 0, bytes: 9), fault(&machine, sequence: 1, bytes: 50), fault(&machine, sequence: 2)]
        #expect(faults[0] == nil && faults[1] == nil)
        #expect(faults[2]?.reason == .credit && faults[2]?.code == .resourceExhausted)
        machine.granted(messages: 0, bytes: 50)
        let after = fault(&machine, sequence: 2)
        #expect(after == nil)
    }

    @Test func `A message without credit for messages is a fault, and a grant allows one more`() {
        var machine = machine(messages: 1)
        let first = fault(&machine, sequence: 0)
        let second = fault(&machine, sequence: 1)
        #expect(first == nil && second?.reason == .credit)
        machine.granted(messages: 1, bytes: 0)
        let again = fault(&machine, sequence: 1)
        #expect(again == nil)
    }

    @Test(arguments: 0...4 as ClosedRange<UInt64>) func `The end must tell the count that came`(told: UInt64) {
        var machine = machine()
        _ = fault(&machine, sequence: 0)
        _ = fault(&machine, sequence: 1)
        if told == 2 {
            #expect(throws: Never.self) { try machine.end(messageCount: told) }
        } else {
            let fault = #expect(throws: InboundMachine.Fault.self) { try machine.end(messageCount: told) }
            #expect(fault?.code == .dataLoss && fault?.reason == .sequence)
        }
    }
}
