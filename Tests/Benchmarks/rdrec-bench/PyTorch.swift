import Foundation

/// The student in PyTorch, Tests/Benchmarks/student/reference.py, in a process that waits for its next command while ours is measured.
final class PyTorch {
    struct Figure: Decodable {
        let seconds: Double
        /// Samples or users.
        let count: Int
        var perSecond: Double { Double(count) / seconds }
    }

    private let process = Process()
    private let commands = Pipe(), answers = Pipe()
    private var rest = Data()

    init(python: String, requests: String, threads: Int) throws {
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-B", "Tests/Benchmarks/student/reference.py", requests, "--threads", "\(threads)"]
        process.standardInput = commands
        process.standardOutput = answers
        try process.run()
        _ = try line()
    }

    /// Ends the process.
    func stop() {
        try? commands.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// - Parameters:
    ///   - what: `train`, `seq` or `topn`.
    ///   - way: `fp32`, `bf16` or `best`.
    func measure(_ what: String, _ way: String) throws -> Figure {
        try commands.fileHandleForWriting.write(contentsOf: Data("\(what) \(way)\n".utf8))
        return try JSONDecoder().decode(Figure.self, from: try line())
    }

    private func line() throws -> Data {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest = Data(rest[rest.index(after: end)...]) }
                return Data(rest[..<end])
            }
            let more = answers.fileHandleForReading.availableData
            guard !more.isEmpty else { throw PyTorchError(description: "reference.py ended before it had answered") }
            rest.append(more)
        }
    }
}

struct PyTorchError: Error, CustomStringConvertible { let description: String }
