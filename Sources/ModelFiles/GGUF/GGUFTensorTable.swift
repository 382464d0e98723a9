import Kernels

/// The list of tensors in a GGUF file's head.
enum GGUFTensorTable {
    /// A tensor before it is known where the data begins.
    private struct Entry {
        let name: String
        let type: TensorType
        let rows: Int
        let columns: Int
        let relativeOffset: Int
        /// Where the entry is, for messages.
        let at: Int
    }

    static func read(
        _ reader: inout ByteReader, count: Int, alignment: Int
    ) throws(ModelFileError) -> (tensors: [String: GGUFTensor], names: [String]) {
        var entries: [Entry] = []
        for index in 0..<count { entries.append(try entry(&reader, index, alignment)) }
        let (dataStart, overflow) = reader.offset.addingReportingOverflow(alignment - 1)
        guard !overflow else { throw reader.fault("the head does not end") }
        let start = dataStart / alignment * alignment
        var tensors: [String: GGUFTensor] = [:], names: [String] = []
        for entry in entries {
            let byteCount = entry.type.byteCount(entry.rows * entry.columns)
            let size = reader.file.bytes.count
            guard start <= size, entry.relativeOffset <= size - start, byteCount <= size - start - entry.relativeOffset else {
                throw ModelFileError(
                    file: reader.file.path, offset: entry.at,
                    "tensor '\(entry.name)': its \(byteCount) bytes from byte \(entry.relativeOffset) of the data on reach beyond the file's end at \(size); the file is cut off or damaged"
                )
            }
            let tensor = GGUFTensor(
                name: entry.name, type: entry.type, rows: entry.rows, columns: entry.columns, file: reader.file,
                offset: start + entry.relativeOffset, byteCount: byteCount)
            guard tensors.updateValue(tensor, forKey: entry.name) == nil else {
                throw ModelFileError(file: reader.file.path, offset: entry.at, "the tensor '\(entry.name)' is there twice")
            }
            names.append(entry.name)
        }
        try requireApart(tensors.values, reader.file)
        return (tensors, names)
    }

    /// No byte belongs to two tensors: else a small file could ask for the memory of a large one many times over.
    private static func requireApart(_ tensors: some Collection<GGUFTensor>, _ file: MappedFile) throws(ModelFileError) {
        let ordered = tensors.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }
        for (first, second) in zip(ordered, ordered.dropFirst()) where first.offset + first.byteCount > second.offset {
            throw ModelFileError(
                file: file.path, offset: second.offset, "tensor '\(second.name)' begins within tensor '\(first.name)'")
        }
    }

    private static func entry(_ reader: inout ByteReader, _ index: Int, _ alignment: Int) throws(ModelFileError) -> Entry {
        let at = reader.offset
        let name = try reader.string("the name of tensor \(index)")
        func fault(_ message: String) -> ModelFileError {
            ModelFileError(file: reader.file.path, offset: at, "tensor '\(name)': \(message)")
        }
        let dimensions = try reader.integer(UInt32.self, "the dimensions of tensor '\(name)'")
        guard (1...4).contains(dimensions) else { throw fault("\(dimensions) dimensions; 1 to 4 are possible") }
        var columns = 1, rows = 1
        for dimension in 0..<dimensions {
            let length = try reader.integer(UInt64.self, "dimension \(dimension) of tensor '\(name)'")
            guard length > 0, length <= UInt64(Int32.max) else { throw fault("dimension \(dimension) of \(length)") }
            if dimension == 0 { columns = Int(length) } else { rows = try product(rows, Int(length), fault) }
        }
        let code = try reader.integer(UInt32.self, "the type of tensor '\(name)'")
        guard let type = TensorType(rawValue: code) else {
            let known = TensorType.allCases.map { "\($0)".uppercased() }.joined(separator: ", ")
            throw fault("type number \(code) is not read; these are: \(known)")
        }
        // Blocks are at most 256 weights and 292 bytes: what does not overflow here does not in bytes.
        guard try product(product(rows, columns, fault), 2, fault) > 0, columns % type.blockWeights == 0 else {
            throw fault("rows of \(columns), which is no multiple of the \(type.blockWeights) weights in a block of \(type)")
        }
        let offset = try reader.integer(UInt64.self, "the offset of tensor '\(name)'")
        guard offset % UInt64(alignment) == 0, let relative = Int(exactly: offset) else {
            throw fault("an offset of \(offset), which is no multiple of the alignment \(alignment)")
        }
        return Entry(name: name, type: type, rows: rows, columns: columns, relativeOffset: relative, at: at)
    }

    private static func product(_ a: Int, _ b: Int, _ fault: (String) -> ModelFileError) throws(ModelFileError) -> Int {
        let (result, overflow) = a.multipliedReportingOverflow(by: b)
        guard !overflow, result < 1 << 56 else { throw fault("more numbers than any file holds") }
        return result
    }
}
