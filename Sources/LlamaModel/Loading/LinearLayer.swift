internal import Kernels
internal import ModelFiles

/// How a model's weights are held for the products.
package enum WeightPrecision: String, Sendable {
    /// Quantised weights as in the file, repacked, against 8-bit activations; others in float32.
    case asStored = "as-stored"
    /// All in float32: the reference.
    case float32
}

/// y = x · Wᵀ (+ bias), repacked for the machine's kernels: one tensor, or several of the same input whose outputs stand side by side (a
/// layer's queries, keys and values), which then are one product and one division of work among the threads.
final class LinearLayer: Sendable {
    /// A tensor of the layer.
    struct Part {
        /// Without `.weight` and `.bias`.
        let name: String
        /// Outputs.
        let rows: Int
        /// Whether the file has to have one. Where it need not, one that is there counts all the same.
        var hasBias = false
    }

    private enum Weights: @unchecked Sendable {
        case quantized(QuantizedWeights)
        case dense(PackedWeights)

        var byteCount: Int {
            switch self {
            case .quantized(let weights): weights.byteCount
            case .dense(let weights): weights.byteCount
            }
        }
    }

    /// Neighbouring tensors of one type are one of these.
    private let weights: [(columns: Range<Int>, weights: Weights)]
    private let biases: [(columns: Range<Int>, values: AlignedBuffer)]
    /// Outputs of all tensors together.
    let rows: Int

    /// - Parameter columns: Inputs.
    init(
        _ file: GGUFFile, _ parts: [Part], columns: Int, _ precision: WeightPrecision, _ kernels: Kernels, _ arena: BufferArena
    ) throws(ModelFileError) {
        var groups: [[GGUFTensor]] = [], biases: [(Range<Int>, AlignedBuffer)] = [], rows = 0
        for part in parts {
            let tensor = try file.tensor("\(part.name).weight")
            try tensor.require(rows: part.rows, columns: columns)
            let isQuantized = precision == .asStored && tensor.type.blockWeights > 1
            if isQuantized, let last = groups.last?.first, last.type == tensor.type {
                groups[groups.count - 1].append(tensor)
            } else {
                groups.append([tensor])
            }
            if part.hasBias || file.tensorIfPresent("\(part.name).bias") != nil {
                biases.append((rows..<rows + part.rows, try file.vector("\(part.name).bias", count: part.rows)))
            }
            rows += part.rows
        }
        self.rows = rows
        self.biases = biases
        var from = 0
        weights = groups.map { group in
            let count = group.reduce(0) { $0 + $1.rows }
            defer { from += count }
            defer { for tensor in group { tensor.giveBack() } }
            return (from..<from + count, Self.pack(group, rows: count, columns: columns, precision, kernels, arena))
        }
    }

    private static func pack(
        _ group: [GGUFTensor], rows: Int, columns: Int, _ precision: WeightPrecision, _ kernels: Kernels, _ arena: BufferArena
    ) -> Weights {
        let type = group[0].type
        guard precision == .asStored, type.blockWeights > 1 else {
            // A tensor by itself; tensors are never empty.
            return group[0].floats().withUnsafeBufferPointer {
                .dense(PackedWeights(Rows($0.baseAddress!, count: rows, columns: columns), precision: .float32, kernels: kernels))
            }
        }
        if group.count == 1 {
            return group[0].withBytes {
                .quantized(QuantizedWeights($0, type: type, rows: rows, columns: columns, kernels: kernels, arena: arena))
            }
        }
        var blocks: [UInt8] = []
        blocks.reserveCapacity(group.reduce(0) { $0 + $1.byteCount })
        for tensor in group { tensor.withBytes { blocks.append(contentsOf: $0) } }
        return blocks.withUnsafeBytes {
            .quantized(QuantizedWeights($0, type: type, rows: rows, columns: columns, kernels: kernels, arena: arena))
        }
    }

    var byteCount: Int { weights.reduce(0) { $0 + $1.weights.byteCount } }

    /// y = the layer of x, or added to y; y is [T, rows].
    func apply(_ x: LinearInput, into y: MutableRows, accumulate: Bool = false, _ kernels: Kernels, _ workspace: Workspace) {
        for (columns, weights) in weights {
            let out = y.columns(columns)
            switch weights {
            case .quantized(let weights):
                kernels.multiply(x.rounded(kernels, workspace), weights, into: out, accumulate: accumulate, workspace: workspace)
            case .dense(let weights): kernels.multiply(x.rows, weights, into: out, accumulate: accumulate, workspace: workspace)
            }
        }
        for (columns, values) in biases {
            let out = y.columns(columns)
            kernels.addBias(Rows(out), values.bytes.assumingMemoryBound(to: Float.self), into: out)
        }
    }
}

/// The input of one or several layers, rounded to 8 bits once, when the first of them asks.
struct LinearInput {
    let rows: Rows
    private let rounding: UnsafeMutablePointer<RoundedActivations?>

    /// In the workspace's present scope, with all that uses it.
    init(_ rows: Rows, _ workspace: Workspace) {
        self.rows = rows
        rounding = workspace.values(RoundedActivations?.self, 1)
        rounding.initialize(to: nil)
    }

    func rounded(_ kernels: Kernels, _ workspace: Workspace) -> RoundedActivations {
        if let done = rounding.pointee { return done }
        let rounded = kernels.round(rows, workspace: workspace)
        rounding.pointee = rounded
        return rounded
    }
}

extension GGUFTensor {
    func require(rows: Int, columns: Int) throws(ModelFileError) {
        guard self.rows == rows, self.columns == columns else {
            throw ModelFileError(
                file: path, offset: offset, "tensor '\(name)' is [\(self.rows), \(self.columns)], not [\(rows), \(columns)]")
        }
    }
}

extension GGUFFile {
    /// A tensor of `count` numbers as float32.
    func vector(_ name: String, count: Int) throws(ModelFileError) -> AlignedBuffer {
        let tensor = try tensor(name)
        try tensor.require(rows: 1, columns: count)
        let buffer = AlignedBuffer(byteCount: count * MemoryLayout<Float>.stride)
        let out = UnsafeMutableBufferPointer(start: buffer.bytes.bindMemory(to: Float.self, capacity: count), count: count)
        tensor.withBytes { tensor.type.dequantize($0, into: out) }
        guard out.allSatisfy(\.isFinite) else {
            throw ModelFileError(file: path, offset: tensor.offset, "tensor '\(name)' has numbers that are infinite or none at all")
        }
        return buffer
    }
}
