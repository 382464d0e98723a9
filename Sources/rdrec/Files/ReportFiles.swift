import RPC
import Transport
import Wire

/// What a job has to show: printed, and written into a folder.
struct ReportFiles: Sendable {
    private let report: Report

    init(_ report: Report) { self.report = report }

    /// Prints the report for people, with the table of robustness where there is one, or its figures.
    /// - Throws: `CommandError` with NOT_FOUND for a report without them.
    func print(to output: Output, asJSON: Bool) async throws {
        let name = asJSON ? "report.json" : "report.md"
        guard let file = report.files.first(where: { $0.name == name }) else {
            let others = report.files.map { printable($0.name) }.joined(separator: ", ")
            throw CommandError(.call(.notFound), "the report has no \(name), it has \(others.isEmpty ? "nothing" : others)")
        }
        try await output.write(Self.ended(asJSON ? Self.printableJSON(file.content) : printableLines(file.content)))
        guard !asJSON, let table = report.files.first(where: { $0.name == "robustness.md" }) else { return }
        try await output.write("\n" + Self.ended(printableLines(table.content)))
    }

    private static func ended(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    /// The same JSON without control characters: they can only be in strings, which a server's report need not have escaped.
    private static func printableJSON(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control, !["\n", "\r", "\t"].contains(scalar) {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Writes all files into a folder that has been prepared, each whole or not at all, and says so on standard error.
    /// - Throws: `CommandError`: INTERNAL for names that are no file's, `system`.
    func write(to folder: String) async throws {
        for file in report.files where !Self.isName(file.name) {
            throw CommandError(.call(.internal), "the report has a file that is called \(printable(file.name))")
        }
        try await BlockingQueue("report").run {
            for content in report.files {
                var file = try PartialFile("\(folder)/\(content.name)")
                try file.write(content.content.utf8)
                try file.finish()
            }
        }
        let names = report.files.map { printable($0.name) }.joined(separator: ", ")
        Output.note("note: \(printable(folder)) has \(names.isEmpty ? "nothing: the report is empty" : names)")
    }

    /// A server's names lead nowhere but into the folder.
    private static func isName(_ name: String) -> Bool { !name.isEmpty && name.first != "." && !name.utf8.contains(UInt8(ascii: "/")) }
}
