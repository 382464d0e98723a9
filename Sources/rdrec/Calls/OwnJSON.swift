import Reflection
import Wire

/// The JSON of messages that this program was built with, as `rdrec call` writes it.
struct OwnJSON: Sendable {
    private let pool: DescriptorPool

    init() {
        do {
            pool = try DescriptorPool(fileDescriptorSet: FileDescriptors.set)
        } catch {
            preconditionFailure("the product's own schema cannot be read: \(error)")
        }
    }

    /// In one line.
    func text<Message: WireMessage>(of message: Message) throws -> String {
        try pool.json(message.encoded(), as: Message.fullName, pretty: false)
    }

    /// - Parameter place: where the line is, for the error.
    /// - Throws: `CommandError` with `usage`.
    func message<Message: WireMessage>(_ type: Message.Type, from line: [UInt8], place: String) throws(CommandError) -> Message {
        guard let text = String(validating: line, as: UTF8.self) else { throw CommandError(.usage, "\(place) is not valid UTF-8") }
        do {
            return try Message(decoding: pool.encode(json: text, as: Message.fullName))
        } catch {
            throw CommandError(.usage, "\(place) is not a \(Message.fullName): \(printable("\(error)"))")
        }
    }
}
