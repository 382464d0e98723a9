internal import Glibc
internal import ModelFiles

/// The rotary embedding that a file describes.
enum LlamaRotation {
    /// Radians a position of each rotated pair: base ^ (-i / pairs), scaled as the file says.
    static func frequencies(_ file: GGUFFile, _ name: String, _ headWidth: Int) throws(ModelFileError) -> [Double] {
        let dimensions = try LlamaConfiguration.sizeIfPresent(file, "\(name).rope.dimension_count", 2...headWidth) ?? headWidth
        let base = file[key: "\(name).rope.freq_base"] == nil ? 10_000 : try file.float("\(name).rope.freq_base")
        guard dimensions % 2 == 0, base > 1, base.isFinite else {
            throw ModelFileError(file: file.path, "rotary embedding of \(dimensions) numbers with base \(base)")
        }
        let pairs = dimensions / 2, scale = try scale(file, name), factors = try factors(file, pairs)
        let frequencies = (0..<pairs).map { pow(base, -Double($0) / Double(pairs)) / scale / factors[$0] }
        guard frequencies.allSatisfy(\.isFinite) else {
            throw ModelFileError(file: file.path, "rotary embedding with frequencies that are no numbers")
        }
        return frequencies
    }

    /// What positions are divided by. As in llama.cpp, a factor without a type is a linear one, and old files call it `scale_linear`.
    private static func scale(_ file: GGUFFile, _ name: String) throws(ModelFileError) -> Double {
        let typeKey = "\(name).rope.scaling.type", type = file[key: typeKey] == nil ? "linear" : try file.string(typeKey)
        switch type {
        case "none": return 1
        case "linear":
            let keys = ["\(name).rope.scaling.factor", "\(name).rope.scale_linear"]
            guard let key = keys.first(where: { file[key: $0] != nil }) else {
                guard file[key: typeKey] == nil else { throw ModelFileError(file: file.path, "there is no key '\(keys[0])'") }
                return 1
            }
            let factor = try file.float(key)
            guard factor > 0, factor.isFinite else { throw ModelFileError(file: file.path, "'\(key)' is \(factor)") }
            return factor
        default: throw ModelFileError(file: file.path, "'\(typeKey)' is '\(type)'; 'none' and 'linear' are read")
        }
    }

    /// What each pair's frequency is divided by: Llama 3.1 and later have a tensor of them.
    private static func factors(_ file: GGUFFile, _ pairs: Int) throws(ModelFileError) -> [Double] {
        guard let tensor = file.tensorIfPresent("rope_freqs.weight") else { return [Double](repeating: 1, count: pairs) }
        try tensor.require(rows: 1, columns: pairs)
        let factors = tensor.floats()
        guard factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw ModelFileError(file: file.path, offset: tensor.offset, "tensor 'rope_freqs.weight': factors have to be numbers above 0")
        }
        return factors.map(Double.init)
    }
}
