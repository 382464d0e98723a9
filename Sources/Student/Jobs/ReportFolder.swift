internal import Foundation
internal import Transport
package import Wire

/// What jobs have to show, as files: `DIR/reports/JOB/…`. Complete or not there. Safe from any task.
package struct ReportFolder: Sendable {
    private let path: String

    /// - Parameter directory: of the daemon's data.
    package init(directory: String) { path = directory + "/reports" }

    /// Replaces what is there of the job.
    package func write(_ report: Report, of job: String) async throws {
        let path = path
        try await onBlockingThread(named: "rdrec-report") {
            let files = FileManager.default, folder = "\(path)/\(job)", temporary = "\(path)/.\(job)"
            try? files.removeItem(atPath: temporary)
            try files.createDirectory(atPath: temporary, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for file in report.files {
                try Data(file.content.utf8).write(to: URL(fileURLWithPath: "\(temporary)/\(file.name)"), options: .atomic)
            }
            try? files.removeItem(atPath: folder)
            try files.moveItem(atPath: temporary, toPath: folder)
        }
    }

    /// - Returns: nil where the job has left none.
    package func read(_ job: String) async throws -> Report? {
        let path = path
        return try await onBlockingThread(named: "rdrec-report") { () -> Report? in
            let folder = "\(path)/\(job)"
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
            return Report(
                files: try names.sorted().map { name in
                    ReportFile(
                        name: name,
                        content: String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self))
                })
        }
    }
}
