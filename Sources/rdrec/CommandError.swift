package import RPC
package import Transport
package import Wire

/// Why a command ends without success: what it says and the status it exits with.
package struct CommandError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The arguments or a request's JSON are wrong.
        case usage
        /// A call ended with this status, which is not `ok`.
        case call(StatusCode)
        /// A file or a standard stream cannot be read or written.
        case system
        /// A health check was answered, by something other than SERVING.
        case notServing
        /// A job has ended, and some of its items have failed.
        case incomplete
        /// A check has found faults.
        case faulty
        /// A signal of this number ended the command; that of `SIGPIPE` stands for an output that nobody reads any more.
        case signal(Int32)
    }

    package let code: Code
    /// For people, without control characters other than line breaks. Empty where there is nothing to add.
    package let message: String

    package init(_ code: Code, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// A call that failed: its status and message, and a line for each detail.
    /// - Parameter describe: a detail's value in words; nil where its type is not known.
    package init(_ error: RPCError, describe: (Detail) -> String? = { _ in nil }) {
        var lines = [printable("\(error)")]
        for detail in error.details {
            if detail.type == RetryInfo.fullName, let info = try? RetryInfo(decoding: detail.value) {
                lines.append("  try again after \(info.retryDelayMs) ms")
            } else {
                lines.append(printable("  \(detail.type): \(describe(detail) ?? "\(detail.value.count) bytes")"))
            }
        }
        self.init(.call(error.code), lines.joined(separator: "\n"))
    }

    package var description: String { message }

    /// What the process exits with: see the help of `rdrec`.
    package var exitStatus: Int32 {
        switch code {
        case .usage: 64
        case .call(let status): 10 + Int32(status.rawValue)
        case .system: 74
        case .notServing, .incomplete, .faulty: 1
        case .signal(let number): 128 + number
        }
    }
}

/// `text` with control characters escaped: a terminal acts on them, and texts of a server are not to be trusted with that.
package func printable(_ text: String) -> String { escaped(text) { _ in false } }

/// As `printable`, but with its line breaks and tabs.
package func printableLines(_ text: String) -> String { escaped(text) { $0 == "\n" || $0 == "\t" } }

private func escaped(_ text: String, except isKept: (Unicode.Scalar) -> Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        if scalar.properties.generalCategory == .control, !isKept(scalar) {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
