internal import Foundation
internal import ModelFiles
internal import T5Model
internal import Tokenizers

/// The files of a version beside its weights, and those of a training. Each is read whole; a file that is missing or damaged is told by its name.
struct StudentFolder {
    let path: String

    init(_ path: String) { self.path = path }

    static let recipeName = "recipe.json"
    static let catalogueName = "catalogue.json"
    static let tokenizerName = "spiece.model"
    static let itemIndexName = "items.json"
    static let usersName = "users.json"
    static let wordsName = "content-words.json"

    func recipe() throws -> TrainingRecipe { try read(Self.recipeName) }
    func catalogue() throws -> ModelCatalogue { try read(Self.catalogueName) }
    func itemIndex() throws -> ItemIndexRecord { try read(Self.itemIndexName) }
    func words() throws -> ContentWords { try read(Self.wordsName) }
    /// None where the recipe has no use for them.
    func users() throws -> [String] { exists(Self.usersName) ? try read(Self.usersName) : [] }

    func tokenizer() throws -> SentencePieceTokenizer {
        let bytes = try bytes(Self.tokenizerName)
        do {
            return try SentencePieceTokenizer(bytes)
        } catch {
            throw ModelFileError(file: file(Self.tokenizerName), "\(error)")
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    func bytes(_ name: String) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
        } catch {
            throw ModelFileError(file: file(name), "cannot be read: \(error.localizedDescription)")
        }
    }

    func read<Value: Decodable>(_ name: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes(name)))
        } catch let error as DecodingError {
            throw ModelFileError(file: file(name), "is not what it should be: \(error)")
        }
    }

    /// The text of a value: the same for the same value.
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}
