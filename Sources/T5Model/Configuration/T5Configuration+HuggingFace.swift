internal import Foundation
internal import Kernels
package import ModelFiles

/// config.json as `transformers` writes it for `T5Config`, with our extras below a key of their own, `rdrec`, which it keeps and ignores.
extension T5Configuration {
    /// - Parameters:
    ///   - json: The file's text.
    ///   - path: Stands in errors.
    /// - Throws: A value that is missing, of another kind, or outside of what can be built.
    package init(json: some Collection<UInt8>, path: String) throws(ModelFileError) {
        let file = try HuggingFaceConfiguration.read(json, path)
        let type = file.model_type ?? "t5"
        guard ["t5", "mt5"].contains(type) else {
            throw ModelFileError(file: path, "'model_type' is '\(type)'; t5 and mt5 are read")
        }
        let proj = file.feed_forward_proj ?? "relu"
        guard let form = Self.forms.first(where: { $0.name == proj }) else {
            let known = Self.forms.map(\.name).joined(separator: ", ")
            throw ModelFileError(file: path, "'feed_forward_proj' is '\(proj)'; these are read: \(known)")
        }
        self.init(
            vocabularyCount: file.vocab_size, width: file.d_model, headWidth: file.d_kv, heads: file.num_heads, feedForward: file.d_ff,
            encoderLayers: file.num_layers, decoderLayers: file.num_decoder_layers)
        (activation, isGated) = (form.activation, form.isGated)
        isTied = file.tie_word_embeddings ?? isTied
        // transformers 5 says of every T5 that it is tied, and here whether it really is: such a file has a head of its own.
        if file.scale_decoder_outputs == false { isTied = false }
        bucketCount = file.relative_attention_num_buckets ?? bucketCount
        maximumDistance = file.relative_attention_max_distance ?? maximumDistance
        normEpsilon = file.layer_norm_epsilon ?? normEpsilon
        dropoutRate = file.dropout_rate ?? dropoutRate
        padToken = file.pad_token_id ?? padToken
        endToken = file.eos_token_id ?? endToken
        startToken = file.decoder_start_token_id ?? padToken
        if let extras = file.rdrec {
            itemCount = extras.items
            taskCount = extras.tasks
            promptsPerTask = extras.prompts_per_task
            wholeWordCount = extras.whole_word_rows
            contentWordCount = extras.content_words ?? 0
            dropsDecoderOutput = extras.drops_decoder_output ?? true
        }
        if let fault { throw ModelFileError(file: path, fault) }
    }

    /// The text of a config.json.
    package func json() -> [UInt8] {
        let form = Self.forms.first { $0.activation == activation && $0.isGated == isGated }
        // By hand: `transformers` refuses a 1 where a 1.0 belongs, and JSONEncoder writes no other.
        let values: [(key: String, value: String)] = [
            ("architectures", "[\"T5ForConditionalGeneration\"]"), ("d_ff", "\(feedForward)"), ("d_kv", "\(headWidth)"),
            ("d_model", "\(width)"), ("decoder_start_token_id", "\(startToken)"), ("dropout_rate", "\(dropoutRate)"),
            ("eos_token_id", "\(endToken)"), ("feed_forward_proj", "\"\(form?.name ?? "")\""), ("initializer_factor", "1.0"),
            ("is_encoder_decoder", "true"), ("layer_norm_epsilon", "\(normEpsilon)"), ("model_type", "\"t5\""), ("n_positions", "512"),
            ("num_decoder_layers", "\(decoderLayers)"), ("num_heads", "\(heads)"), ("num_layers", "\(encoderLayers)"),
            ("pad_token_id", "\(padToken)"),
            (
                "rdrec",
                "{\"items\": \(itemCount), \"tasks\": \(taskCount), \"prompts_per_task\": \(promptsPerTask), "
                    + "\"whole_word_rows\": \(wholeWordCount), \"content_words\": \(contentWordCount), "
                    + "\"drops_decoder_output\": \(dropsDecoderOutput)}"
            ),
            ("relative_attention_max_distance", "\(maximumDistance)"), ("relative_attention_num_buckets", "\(bucketCount)"),
            ("tie_word_embeddings", "\(isTied)"), ("torch_dtype", "\"float32\""), ("use_cache", "true"),
            ("vocab_size", "\(vocabularyCount)"),
        ]
        return Array("{\n\(values.map { "  \"\($0.key)\": \($0.value)" }.joined(separator: ",\n"))\n}\n".utf8)
    }

    /// What `feed_forward_proj` may say. As `transformers` reads it, `gelu` after `gated-` is the tanh form, and the exact one alone.
    private static let forms: [(name: String, activation: Activation, isGated: Bool)] = [
        ("relu", .relu, false), ("gelu", .geluExact, false), ("gelu_new", .geluTanh, false), ("silu", .silu, false),
        ("gated-gelu", .geluTanh, true), ("gated-gelu_new", .geluTanh, true), ("gated-relu", .relu, true), ("gated-silu", .silu, true),
    ]
}

/// The file's keys; those that may be absent are optional.
private struct HuggingFaceConfiguration: Decodable {
    struct Extras: Decodable {
        let items: Int
        let tasks: Int
        let prompts_per_task: Int
        let whole_word_rows: Int
        let content_words: Int?
        let drops_decoder_output: Bool?
    }

    let model_type: String?
    let vocab_size: Int
    let d_model: Int
    let d_kv: Int
    let d_ff: Int
    let num_heads: Int
    let num_layers: Int
    let num_decoder_layers: Int?
    let feed_forward_proj: String?
    let tie_word_embeddings: Bool?
    let scale_decoder_outputs: Bool?
    let relative_attention_num_buckets: Int?
    let relative_attention_max_distance: Int?
    let layer_norm_epsilon: Float?
    let dropout_rate: Float?
    let pad_token_id: Int32?
    let eos_token_id: Int32?
    let decoder_start_token_id: Int32?
    let rdrec: Extras?

    static func read(_ json: some Collection<UInt8>, _ path: String) throws(ModelFileError) -> HuggingFaceConfiguration {
        do {
            return try JSONDecoder().decode(HuggingFaceConfiguration.self, from: Data(json))
        } catch let error as DecodingError {
            func name(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
            switch error {
            case .keyNotFound(let key, let context):
                throw ModelFileError(file: path, "'\(name(context.codingPath + [key]))' is missing")
            case .typeMismatch(let type, let context) where !context.codingPath.isEmpty,
                .valueNotFound(let type, let context) where !context.codingPath.isEmpty:
                throw ModelFileError(file: path, "'\(name(context.codingPath))' is not of the kind \(type)")
            case .dataCorrupted(let context):
                let cause = context.underlyingError.map { "\($0)" } ?? context.debugDescription
                throw ModelFileError(file: path, "cannot be read as JSON: \(cause)")
            default: throw ModelFileError(file: path, "is not a JSON object; the config.json of a T5 model is needed")
            }
        } catch {
            throw ModelFileError(file: path, "cannot be read as JSON: \(error)")
        }
    }
}
