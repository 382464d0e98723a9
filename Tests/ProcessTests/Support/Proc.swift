import ChildProcesses
import Foundation

/// What the kernel tells of a process: proc(5).
enum Proc {
    /// Memory in RAM, in bytes: VmRSS of /proc/PID/status.
    static func residentBytes(_ pid: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try found(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }, "VmRSS of process \(pid)")
        return try found(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }, "\(line)") * 1_024
    }

    /// Open file descriptors.
    static func descriptorCount(_ pid: pid_t) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    /// Whether the kernel has stopped every thread of the process.
    static func isStopped(_ pid: pid_t) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").allSatisfy { task in
            let status = try String(contentsOfFile: "/proc/\(pid)/task/\(task)/status", encoding: .utf8)
            return status.contains("\nState:\tT")
        }
    }
}
