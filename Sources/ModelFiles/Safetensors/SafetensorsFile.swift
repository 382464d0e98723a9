internal import Foundation

/// A safetensors file (specification: the format section of its project's README): a JSON head and the tensors' bytes.
///
/// The head is checked against the file before it is believed: tensors lie within it, one after the other without holes or overlaps, and
/// have as many bytes as their shape needs. Values are safe to read from any thread.
package struct SafetensorsFile: Sendable {
    /// The longest head that the reference implementation takes.
    static let longestHead = 100_000_000

    package let file: MappedFile
    /// The text values beside the tensors.
    package let metadata: [String: String]
    private let tensors: [String: SafetensorsTensor]
    /// In the order of their data.
    package let tensorNames: [String]

    package var path: String { file.path }

    package init(path: String) throws(ModelFileError) { try self.init(MappedFile(path: path)) }

    package init(_ file: MappedFile) throws(ModelFileError) {
        var reader = ByteReader(file)
        let length = try reader.count(elementBytes: 1, "the length of the head")
        guard length <= Self.longestHead else {
            throw ModelFileError(file: file.path, offset: 0, "a head of \(length) bytes; \(Self.longestHead) are allowed")
        }
        let head = try reader.slice(length, "the head")
        let parsed = try? JSONSerialization.jsonObject(with: Data(head))
        guard let entries = parsed as? [String: Any] else {
            throw ModelFileError(file: file.path, offset: 8, "the head is not a JSON object; is this a safetensors file?")
        }
        var metadata: [String: String] = [:], found: [SafetensorsTensor] = []
        for (name, entry) in entries {
            if name == "__metadata__" {
                guard let texts = entry as? [String: String] else {
                    throw ModelFileError(file: file.path, offset: 8, "'__metadata__' has to map texts to texts")
                }
                metadata = texts
            } else {
                found.append(try Self.tensor(name, entry, file, start: reader.offset))
            }
        }
        // Of tensors without data several may begin at one place.
        found.sort { ($0.offset, $0.byteCount, $0.name) < ($1.offset, $1.byteCount, $1.name) }
        var end = reader.offset
        for tensor in found {
            guard tensor.offset == end else {
                throw ModelFileError(
                    file: file.path, offset: end, "tensor '\(tensor.name)' begins at byte \(tensor.offset): a hole or an overlap")
            }
            end += tensor.byteCount
        }
        guard end == file.bytes.count else {
            throw ModelFileError(file: file.path, offset: end, "the tensors end here, the file at byte \(file.bytes.count)")
        }
        self.file = file
        self.metadata = metadata
        tensors = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0) })
        tensorNames = found.map(\.name)
    }

    private static func tensor(_ name: String, _ entry: Any, _ file: MappedFile, start: Int) throws(ModelFileError) -> SafetensorsTensor {
        func fault(_ message: String) -> ModelFileError { ModelFileError(file: file.path, offset: 8, "tensor '\(name)': \(message)") }
        guard let entry = entry as? [String: Any], let dtype = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
            let offsets = entry["data_offsets"] as? [Int]
        else { throw fault("needs a dtype, a shape and data_offsets") }
        guard let type = SafetensorsType(rawValue: dtype) else {
            throw fault("type \(dtype) is not read; these are: \(SafetensorsType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let size = file.bytes.count - start
        guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= size else {
            throw fault("data_offsets \(offsets) do not lie within the \(size) bytes of data; the file is cut off or damaged")
        }
        var bytes = type.byteCount
        for length in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
            guard length >= 0, !overflow else { throw fault("a shape of \(shape)") }
            bytes = product
        }
        guard bytes == offsets[1] - offsets[0] else {
            throw fault("\(offsets[1] - offsets[0]) bytes for \(dtype) of shape \(shape), which takes \(bytes)")
        }
        return SafetensorsTensor(name: name, type: type, shape: shape, file: file, offset: start + offsets[0], byteCount: bytes)
    }

    package func tensor(_ name: String) throws(ModelFileError) -> SafetensorsTensor {
        guard let tensor = tensors[name] else { throw ModelFileError(file: path, "there is no tensor '\(name)'") }
        return tensor
    }

    package func tensorIfPresent(_ name: String) -> SafetensorsTensor? { tensors[name] }
}
