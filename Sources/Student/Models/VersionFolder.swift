internal import Foundation
internal import Store

/// The files of one version that say what it is. Blocks.
struct VersionFolder {
    let path: String

    static let format = 1

    private var about: String { path + "/about.json" }
    private var items: String { path + "/catalogue.json" }

    /// What it says it is.
    /// - Throws: `corrupt`, and `invalid` for one of a later format, in words that name the file.
    func description() throws(StoreError) -> ModelDescription {
        let description: ModelDescription = try read(about)
        guard description.format == Self.format else {
            throw StoreError(.invalid, "\(about) has format \(description.format), which a later studentd has written")
        }
        return description
    }

    /// - Throws: `corrupt`.
    func catalogue() throws(StoreError) -> ModelCatalogue { try read(items) }

    /// - Throws: `full`, `io`.
    func write(_ description: ModelDescription, _ catalogue: ModelCatalogue) throws(StoreError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SyncedFile.fault("cannot make \(path)") }
        try SyncedFile.replace(items, with: try encoded(catalogue, [.sortedKeys]))
        try SyncedFile.replace(about, with: try encoded(description, [.sortedKeys, .prettyPrinted]))
    }

    /// Brings all its files to the disk.
    func sync() throws(StoreError) {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw StoreError(.io, "cannot read the folder \(path)")
        }
        for name in names { try SyncedFile.sync("\(path)/\(name)") }
        try SyncedFile.sync(path)
    }

    private func read<Value: Decodable>(_ file: String) throws(StoreError) -> Value {
        do {
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            return try decoder.decode(Value.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        } catch let error as DecodingError {
            throw StoreError(.corrupt, "\(file) is damaged: \(error)")
        } catch {
            throw StoreError(.corrupt, "\(file) cannot be read: \(error.localizedDescription)")
        }
    }

    private func encoded(_ value: some Encodable, _ format: JSONEncoder.OutputFormatting) throws(StoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = format
        // A loss may be none of these, and is told all the same.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do { return Array(try encoder.encode(value)) } catch { throw StoreError(.invalid, "\(path): \(error)") }
    }
}
