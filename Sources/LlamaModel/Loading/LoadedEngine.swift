internal import Dispatch
internal import Foundation
package import Kernels
internal import Locks
internal import ModelFiles
package import Tokenizers

/// A model from a GGUF file, ready to write, and what is to be known of it.
package struct LoadedEngine: Sendable {
    package let engine: Engine
    package let description: ModelDescription
    /// How conversations are written for it.
    package let chatTemplate: ChatTemplate
    /// From opening the file to the end of a first step.
    package let loadTime: Duration
    /// What the repacked weights take.
    package let weightBytes: Int

    /// Opens a file, repacks its weights, starts an engine and waits until it is warm. Blocks; for a thread that may wait.
    ///
    /// - Parameters:
    ///   - chatTemplate: The name of a family (``ChatTemplate/names``); by the file when nil.
    /// - Throws: A ``ModelFileError``, or a `TokenizerError` that names the option to set.
    package static func load(
        path: String, chatTemplate name: String? = nil, kernels: Kernels, _ configuration: EngineConfiguration = EngineConfiguration()
    ) throws -> LoadedEngine {
        let start = ContinuousClock.now, file = try GGUFFile(path: path)
        // Reads the file once more, beside the repacking.
        let digest = BackgroundDigest(path)
        let template = try Self.template(name, file), tokenizer = try TokenizerLoading.tokenizer(of: file)
        let weights = try LlamaWeights(file, contextLength: configuration.contextLength, kernels: kernels)
        guard tokenizer.vocabularyCount <= weights.configuration.vocabulary else {
            throw ModelFileError(
                file: path,
                "'tokenizer.ggml.tokens' has \(tokenizer.vocabularyCount) elements, 'token_embd.weight' \(weights.configuration.vocabulary) rows"
            )
        }
        let report = weights.report, sizes = weights.configuration
        let page = KeyValuePages.byteCount(sizes, pages: 1, half: configuration.halfPrecision)
        guard configuration.keyValueBytes >= page else {
            throw ModelFileError(
                file: path, "\(configuration.keyValueBytes) bytes for keys and values hold no page of this model, which takes \(page)")
        }
        let description = ModelDescription(file, sizes, digest: try digest.wait(), kernels)
        let engine = Engine(LlamaModel(weights, kernels: kernels), tokenizer: tokenizer, configuration)
        engine.waitUntilWarm()
        return LoadedEngine(
            engine: engine, description: description, chatTemplate: template, loadTime: .now - start, weightBytes: report.weightBytes)
    }

    private static func template(_ name: String?, _ file: GGUFFile) throws -> ChatTemplate {
        let known = ChatTemplate.names.joined(separator: ", ")
        if let name {
            guard let template = ChatTemplate(name: name) else {
                throw ModelFileError(file: file.path, "no chat template is called '\(name)'; there are \(known)")
            }
            return template
        }
        guard file[key: "tokenizer.chat_template"] != nil else {
            throw ModelFileError(file: file.path, "there is no key 'tokenizer.chat_template'; choose one with --chat-template: \(known)")
        }
        return try ChatTemplate(recognising: file.string("tokenizer.chat_template"))
    }
}

/// The digest of a file, computed by a thread of its own.
private final class BackgroundDigest: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let outcome = Locked<Result<String, ModelFileError>?>(nil)

    init(_ path: String) {
        let thread = Thread { [done, outcome] in
            let digest = Result { () throws(ModelFileError) in try FileDigest.sha256(path: path) }
            outcome.withLock { $0 = digest }
            done.signal()
        }
        thread.name = "digest"
        thread.start()
    }

    func wait() throws -> String {
        done.wait()
        return try outcome.withLock { $0 }?.get() ?? ""
    }
}

/// What a model says of itself to those who use it.
package struct ModelDescription: Sendable, Equatable {
    /// `general.name`, or the file's.
    package let name: String
    /// The file's SHA-256.
    package let digest: String
    package let architecture: String
    package let parameterCount: UInt64
    /// The type of most of the weights, as `Q4_1`.
    package let quantization: String
    package let contextLength: Int
    /// The kernels in use.
    package let instructionSet: String

    init(_ file: GGUFFile, _ configuration: LlamaConfiguration, digest: String, _ kernels: Kernels) {
        let fileName = file.path.split(separator: "/").last.map(String.init) ?? file.path
        name = (try? file.string("general.name")) ?? fileName
        self.digest = digest
        architecture = configuration.architecture.rawValue
        var weights: [TensorType: Int] = [:]
        for name in file.tensorNames {
            guard let tensor = file.tensorIfPresent(name) else { continue }
            weights[tensor.type, default: 0] += tensor.rows * tensor.columns
        }
        parameterCount = UInt64(weights.values.reduce(0, +))
        quantization = weights.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }.map { "\($0.key)".uppercased() } ?? ""
        contextLength = configuration.contextLength
        instructionSet = kernels.instructionSet.rawValue
    }
}
