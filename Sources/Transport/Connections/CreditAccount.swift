/// The two accounts of one direction of a stream (PROTOCOL.md 5), as either end keeps them. A value without a lock or a clock.
package struct CreditAccount: Sendable, Hashable {
    package static let maxMessages = Int(Int32.max)
    package static let maxBytes = 1 << 53

    package private(set) var messages: Int
    /// May be below 0 by the last message.
    package private(set) var bytes: Int

    package init(messages: Int, bytes: Int) {
        self.messages = messages
        self.bytes = bytes
    }

    /// Whether one more message may be sent, whatever its size.
    package var isOpen: Bool { messages > 0 && bytes > 0 }

    /// - Returns: false, and nothing is taken, without credit.
    package mutating func take(bytes count: Int) -> Bool {
        guard isOpen else { return false }
        messages -= 1
        bytes -= count
        return true
    }

    /// What would pass the protocol's maximum is lost.
    package mutating func add(messages more: Int, bytes moreBytes: Int) {
        messages = min(Self.maxMessages, messages + min(more, Self.maxMessages))
        bytes = min(Self.maxBytes, bytes + min(moreBytes, Self.maxBytes))
    }
}

/// When the receiver of a stream grants more: as soon as half of what it first granted has been consumed.
package struct CreditGrants: Sendable, Hashable {
    private let messageThreshold: Int
    private let byteThreshold: Int
    private var messages = 0
    private var bytes = 0

    package init(initialMessages: Int, initialBytes: Int) {
        messageThreshold = max(1, initialMessages / 2)
        byteThreshold = max(1, initialBytes / 2)
    }

    /// - Returns: what to grant now, if it is time.
    package mutating func consumed(bytes count: Int) -> (messages: Int, bytes: Int)? {
        messages += 1
        bytes += count
        guard messages >= messageThreshold || bytes >= byteThreshold else { return nil }
        defer {
            messages = 0
            bytes = 0
        }
        return (messages, bytes)
    }
}
