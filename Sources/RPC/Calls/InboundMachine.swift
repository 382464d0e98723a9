package import Transport
internal import Wire

/// One direction of a call's stream at its receiver: numbering and credit (PROTOCOL.md 4 and 5). Pure.
package struct InboundMachine: Sendable, Hashable {
    /// A rule that the sender broke, and the status that the call ends with.
    package struct Fault: Error, Sendable, Hashable {
        package var reason: MalformedReason
        package var code: StatusCode
        package var message: String

        var error: RPCError { RPCError(code, message) }
    }

    /// MESSAGEs taken so far.
    package private(set) var count: UInt64 = 0
    /// What the sender may still send.
    package private(set) var credit: CreditAccount

    /// - Parameter credit: what the sender was granted at first.
    package init(credit: CreditAccount) { self.credit = credit }

    /// A MESSAGE of `bytes`.
    package mutating func message(sequence: UInt64, bytes: Int, maxFrameBytes: Int) throws(Fault) {
        guard sequence == count else {
            throw Fault(reason: .sequence, code: .dataLoss, message: "message \(count) of the stream is missing: \(sequence) came")
        }
        guard bytes <= maxFrameBytes else {
            throw Fault(
                reason: .frameBytes, code: .resourceExhausted,
                message: "a message of \(bytes) bytes; at most \(maxFrameBytes) are taken (max_frame_bytes)")
        }
        guard credit.take(bytes: bytes) else {
            throw Fault(reason: .credit, code: .resourceExhausted, message: "message \(sequence) of the stream came without credit")
        }
        count += 1
    }

    /// HALF_CLOSE or a STATUS that is OK.
    package func end(messageCount: UInt64) throws(Fault) {
        guard messageCount == count else {
            throw Fault(
                reason: .sequence, code: .dataLoss, message: "the stream ended after \(messageCount) messages, of which \(count) came")
        }
    }

    /// CREDIT was sent.
    package mutating func granted(messages: Int, bytes: Int) { credit.add(messages: messages, bytes: bytes) }
}
