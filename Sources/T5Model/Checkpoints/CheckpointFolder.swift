internal import Foundation
internal import Glibc
package import ModelFiles

/// A folder that appears under its name when all in it is complete and on disk: written beside it, synced, renamed.
package struct CheckpointFolder {
    /// Where it will be.
    package let path: String
    /// Where files are written meanwhile.
    package let temporaryPath: String

    /// Calls `body` to fill a new folder.
    ///
    /// - Throws: A ``ModelFileError``, or what `body` throws; nothing is left behind then. A folder that is there already stays: a
    ///   checkpoint is never overwritten.
    package static func write(_ path: String, _ body: (CheckpointFolder) throws -> Void) throws {
        guard access(path, F_OK) != 0 else { throw ModelFileError(file: path, "is there already; a checkpoint is never overwritten") }
        let folder = CheckpointFolder(path: path, temporaryPath: "\(path).\(getpid()).partial")
        // What a process of the same number left when it was killed.
        try? FileManager.default.removeItem(atPath: folder.temporaryPath)
        guard mkdir(folder.temporaryPath, 0o755) == 0 else { throw fault(folder.temporaryPath, "cannot create the folder") }
        do {
            try body(folder)
            try sync(folder.temporaryPath)
            // Onto a folder that has files rename does not go: who was first stays.
            guard rename(folder.temporaryPath, path) == 0 else { throw fault(path, "cannot rename \(folder.temporaryPath) to it") }
        } catch {
            try? FileManager.default.removeItem(atPath: folder.temporaryPath)
            throw error
        }
        try sync((path as NSString).deletingLastPathComponent)
    }

    /// Where a file of that name is to be written, by someone who syncs it.
    package func file(_ name: String) -> String { "\(temporaryPath)/\(name)" }

    /// Writes and syncs a small file.
    package func write(_ bytes: [UInt8], to name: String) throws(ModelFileError) {
        let path = file(name), descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.fault(path, "cannot create it") }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.fault(path, "cannot write to it") }
            done += written
        }
        guard fsync(descriptor) == 0 else { throw Self.fault(path, "cannot sync it") }
    }

    private static func sync(_ folder: String) throws(ModelFileError) {
        let folder = folder.isEmpty ? "." : folder
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(folder, "cannot open the folder") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(folder, "cannot sync the folder") }
    }

    private static func fault(_ path: String, _ message: String) -> ModelFileError {
        .ofSystem(path, message)
    }
}
