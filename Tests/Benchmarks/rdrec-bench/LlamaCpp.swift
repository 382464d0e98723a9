import Foundation

/// llama.cpp, run by the scripts of Tests/Benchmarks/llamacpp: each call starts it and ends it again, so that it never computes while ours
/// is measured.
struct LlamaCpp {
    /// What build.sh printed.
    let folder: String
    let threads: Int

    /// The model as Q4_0, whose weights llama.cpp interleaves for the processor; build.sh made it beside the tools.
    func interleaved(_ model: String) -> String {
        let name = URL(fileURLWithPath: model).deletingPathExtension().lastPathComponent
        let base = name.hasSuffix(".Q4_1") ? String(name.dropLast(5)) : name
        return "\(folder)/\(base).Q4_0.gguf"
    }

    struct Batch: Decodable {
        /// Both phases together.
        let tokens_per_second: Double
        let prompt_seconds: Double
        let generated_per_second: Double
    }

    func batch(_ model: String, prompt: Int, new: Int, sequences: Int) throws -> Batch {
        let arguments = [
            folder, model, "--prompt", "\(prompt)", "--new", "\(new)", "--sequences", "\(sequences)", "--threads", "\(threads)",
        ]
        guard let batch = try run("batched_bench.py", arguments, as: Batch.self).first else { throw LlamaCppError("no figures") }
        return batch
    }

    /// A way to ask its server, and how fast it was.
    struct Service: Decodable {
        let way: String
        let slots: Int
        let per_second: Double
        /// Tokens a rationale.
        let generated: Double
    }

    /// What rationales.py reads.
    struct Requests: Encodable {
        let prompts: [[Int32]]
        let between: [Int32]
        let budgets: [Int]
    }

    /// All ways with all numbers of slots, the fastest first.
    func rationales(_ model: String, _ requests: Requests, slots: [Int], ways: [String]) async throws -> [Service] {
        try await withPrivateFolder { place in
            let file = "\(place)/requests.json"
            try JSONEncoder().encode(requests).write(to: URL(fileURLWithPath: file))
            return try run(
                "rationales.py",
                [
                    folder, model, file, "--slots", slots.map(String.init).joined(separator: ","), "--ways", ways.joined(separator: ","),
                    "--threads", "\(threads)",
                ], as: Service.self)
        }
    }

    /// What a script prints, a JSON object a line.
    private func run<Line: Decodable>(_ script: String, _ arguments: [String], as line: Line.Type) throws -> [Line] {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-B", "Tests/Benchmarks/llamacpp/\(script)"] + arguments
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw LlamaCppError("\(script) ended with \(process.terminationStatus)") }
        return try text.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(line, from: Data($0)) }
    }
}

/// llama.cpp could not be measured.
struct LlamaCppError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
