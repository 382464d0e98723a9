internal import Foundation
internal import Glibc

/// Writes a safetensors file, tensor by tensor, so that nothing but the tensor in work is in memory twice.
///
/// The file appears under its name when it is complete and on disk: it is written beside it, synced and renamed.
package enum SafetensorsWriter {
    /// A tensor to write: what the head says of it. Its bytes are asked for when it is its turn.
    package struct Entry: Sendable {
        package let name: String
        package let type: SafetensorsType
        package let shape: [Int]

        package init(_ name: String, _ type: SafetensorsType, _ shape: [Int]) {
            self.name = name
            self.type = type
            self.shape = shape
        }

        var byteCount: Int { shape.reduce(type.byteCount, *) }
    }

    /// - Parameters:
    ///   - path: Replaced when it is there.
    ///   - metadata: Text values; `transformers` wants `["format": "pt"]`.
    ///   - entries: The tensors, each of another name.
    ///   - bytes: Calls its argument with the little-endian bytes of the tensor of that index.
    /// - Throws: A ``ModelFileError``, or what `bytes` throws; nothing is left behind then.
    package static func write(
        to path: String, metadata: [String: String] = [:], _ entries: [Entry],
        bytes: (Int, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let head = try head(path, metadata, entries)
        let temporary = "\(path).\(getpid()).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fault(temporary, "cannot create it") }
        do {
            try fill(descriptor, temporary, path, head, entries, bytes: bytes)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = fault(path, "cannot rename \(temporary) to it")
            unlink(temporary)
            throw error
        }
        try syncFolder(of: path)
    }

    /// Writes all of the file and has it on disk; closes the descriptor in any case.
    private static func fill(
        _ descriptor: Int32, _ temporary: String, _ path: String, _ head: Data, _ entries: [Entry],
        bytes: (Int, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        defer { close(descriptor) }
        let size = (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) }
        try (size + head).withUnsafeBytes { try write($0, descriptor, temporary) }
        for (index, entry) in entries.enumerated() {
            try bytes(index) { data in
                guard data.count == entry.byteCount else {
                    throw ModelFileError(file: path, "tensor '\(entry.name)': \(data.count) bytes for a shape of \(entry.shape)")
                }
                try write(data, descriptor, temporary)
            }
        }
        guard fsync(descriptor) == 0 else { throw fault(temporary, "cannot sync it") }
    }

    private static func head(_ path: String, _ metadata: [String: String], _ entries: [Entry]) throws(ModelFileError) -> Data {
        var object: [String: Any] = metadata.isEmpty ? [:] : ["__metadata__": metadata]
        var at = 0
        for entry in entries {
            guard object[entry.name] == nil else { throw ModelFileError(file: path, "the tensor '\(entry.name)' is there twice") }
            object[entry.name] =
                ["dtype": entry.type.rawValue, "shape": entry.shape, "data_offsets": [at, at + entry.byteCount]] as [String: Any]
            at += entry.byteCount
        }
        guard var head = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]) else {
            throw ModelFileError(file: path, "the head cannot be written as JSON")
        }
        // The data begins at a multiple of 8, as the reference implementation has it.
        head.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - head.count % 8) % 8))
        return head
    }

    private static func write(_ data: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws(ModelFileError) {
        var done = 0
        while done < data.count {
            let written = Glibc.write(descriptor, data.baseAddress?.advanced(by: done), data.count - done)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw fault(path, "cannot write to it") }
            done += written
        }
    }

    private static func syncFolder(of path: String) throws(ModelFileError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(folder, "cannot open the folder") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(folder, "cannot sync the folder") }
    }

    private static func fault(_ path: String, _ message: String) -> ModelFileError {
        .ofSystem(path, message)
    }
}
