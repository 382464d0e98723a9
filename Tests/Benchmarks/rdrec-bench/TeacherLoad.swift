import Foundation
import Kernels
import LlamaModel

/// How long the teacher takes from nothing to its first token, and what it then occupies: in a process of its own each time, as a daemon
/// starts, with the file in the system's cache.
struct TeacherLoad {
    let model: String
    let threads: Int

    private struct Figures: Codable {
        /// From the opening of the file until a token has been written, the file's digest included.
        let seconds: Double
        /// Bytes of memory in use then, the mapped file's included, and the most that there were on the way.
        let resident: Int
        let mostResident: Int
    }

    func run(rounds: Int, into report: inout Report) throws {
        let size = try FileManager.default.attributesOfItem(atPath: model)[.size] as? Int ?? 0
        let figures = try (0...rounds).map { _ in try Self.inOwnProcess(model, threads) }.dropFirst()
        func over(_ bytes: [Int]) -> Double { bytes.map { Double($0) / Double(max(size, 1)) }.median }
        report.add("teacher.load_seconds", figures.map(\.seconds).median, unit: "s", better: "lower", bar: 1)
        report.add("teacher.resident_over_file", over(figures.map(\.resident)), unit: "ratio", better: "lower", bar: 2.2)
        report.add("teacher.peak_resident_over_file", over(figures.map(\.mostResident)), unit: "ratio", better: "lower")
    }

    private static func inOwnProcess(_ model: String, _ threads: Int) throws -> Figures {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        process.arguments = ["teacher", "--probe-load", "--model", model, "--threads", "\(threads)"]
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return try JSONDecoder().decode(Figures.self, from: text)
    }

    /// The other end: loads as the daemon does, prints the figures.
    static func probe(model: String, threads: Int) async throws {
        let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: threads))
        let loaded = try LoadedEngine.load(path: model, kernels: kernels)
        let figures = Figures(
            seconds: loaded.loadTime / .seconds(1), resident: try status("VmRSS"), mostResident: try status("VmHWM"))
        loaded.engine.stop()
        print(String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
    }

    /// Bytes of a line of /proc/self/status.
    private static func status(_ key: String) throws -> Int {
        let lines = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("\(key):") }
        return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 * 1_024 } ?? 0
    }
}
