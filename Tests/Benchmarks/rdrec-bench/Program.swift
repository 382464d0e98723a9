import Foundation

/// A program beside this one, and the most memory that it has been seen to have.
final class Program {
    private let process = Process()
    private(set) var peakBytes = 0

    init(_ name: String, _ arguments: [String]) throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name)
        process.arguments = arguments
        process.standardOutput = FileHandle.standardError
        try process.run()
    }

    var isRunning: Bool { process.isRunning }
    var status: Int32 { process.terminationStatus }

    func look() {
        let lines = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8))?.split(separator: "\n")
        let line = lines?.first { $0.hasPrefix("VmHWM:") }
        let bytes = (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 << 10 }
        peakBytes = max(peakBytes, bytes ?? 0)
    }

    /// Runs it to its end.
    /// - Throws: where it fails.
    static func run(_ name: String, _ arguments: [String]) async throws {
        let program = try Program(name, arguments)
        defer { program.end() }
        while program.isRunning { try await Task.sleep(for: .milliseconds(20)) }
        guard program.status == 0 else { throw CocoaError(.featureUnsupported) }
    }

    func end() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }
}
