import Reflection
import Wire

/// The requests of a call as JSON: given as arguments, or read from standard input.
struct Requests: Sendable {
    let pool: DescriptorPool
    /// Full name of the message type.
    let type: String
    /// `-`, or none at all, stands for standard input.
    let arguments: [String]

    private var readsStandardInput: Bool { arguments.isEmpty || arguments == ["-"] }

    /// The request of a method that takes one.
    /// - Throws: `CommandError` with `usage`.
    func single() async throws -> RawPayload {
        guard arguments.count <= 1 else {
            throw CommandError(.usage, "the method takes one request, and \(arguments.count) were given: is the JSON in quotation marks?")
        }
        guard readsStandardInput else { return try payload(arguments[0], place: "the request") }
        let text = try text(await StandardInput().all(), place: "standard input")
        guard !text.allSatisfy(\.isWhitespace) else {
            throw CommandError(.usage, "standard input has no request: give its JSON there or as an argument, as in '{}'")
        }
        return try payload(text, place: "standard input")
    }

    /// Each request of a method that takes a stream: one an argument, or one a line of standard input as it comes.
    /// - Throws: what `body` throws; `CommandError` with `usage`.
    func each(_ body: (RawPayload) async throws -> Void) async throws {
        guard readsStandardInput else {
            for (index, argument) in arguments.enumerated() {
                try await body(payload(argument, place: arguments.count == 1 ? "the request" : "request \(index + 1)"))
            }
            return
        }
        try await StandardInput().eachLine { line, number in
            let place = "standard input, line \(number)"
            let text = try text(line, place: place)
            if !text.allSatisfy(\.isWhitespace) { try await body(payload(text, place: place)) }
        }
    }

    private func payload(_ json: String, place: String) throws(CommandError) -> RawPayload {
        do {
            return RawPayload(bytes: try pool.encode(json: json, as: type))
        } catch {
            throw CommandError(.usage, "\(place) is not a \(type): \(printable("\(error)"))")
        }
    }

    private func text(_ bytes: [UInt8], place: String) throws(CommandError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandError(.usage, "\(place) is not valid UTF-8") }
        return text
    }
}
