import Kernels
import ModelFiles
import T5Model
import Testing

@Suite struct ConfigurationTests {
    static let required = #""d_model": 64, "d_kv": 16, "d_ff": 128, "num_heads": 4, "num_layers": 2, "vocab_size": 384"#

    private func read(_ more: String) throws -> T5Configuration {
        try T5Configuration(json: Array("{\(Self.required)\(more)}".utf8), path: "config.json")
    }

    @Test("Absent keys have the values of transformers")
    func defaults() throws {
        let c = try read("")
        #expect(c.decoderLayers == 2 && c.activation == .relu && !c.isGated && c.isTied && c.bucketCount == 32)
        #expect(c.maximumDistance == 128 && c.normEpsilon == 1e-6 && c.dropoutRate == 0.1)
        #expect(c.padToken == 0 && c.endToken == 1 && c.startToken == 0)
        #expect(c.taskCount == 5 && c.promptsPerTask == 3 && c.wholeWordCount == 512 && c.itemCount == 0)
    }

    @Test("transformers 5 says tied of every T5, and by another key whether it is")
    func scaling() throws {
        #expect(try !read(#", "tie_word_embeddings": true, "scale_decoder_outputs": false"#).isTied)
        #expect(try read(#", "tie_word_embeddings": true, "scale_decoder_outputs": true"#).isTied)
    }

    @Test("Keys that t5-small, Flan-T5 and T5-efficient have")
    func keys() throws {
        let c = try read(
            #", "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false, "num_decoder_layers": 5, "dropout_rate": 0, "#
                + #""pad_token_id": null, "task_specific_params": {"summarization": {"num_beams": 4}}, "layer_norm_epsilon": 1e-06, "#
                + #""relative_attention_num_buckets": 16, "architectures": ["T5ForConditionalGeneration"], "is_gated_act": true"#)
        #expect(c.isGated && c.activation == .geluTanh && !c.isTied && c.decoderLayers == 5 && c.dropoutRate == 0)
        #expect(c.bucketCount == 16 && c.padToken == 0)
        #expect(try read(#", "feed_forward_proj": "gelu""#).activation == .geluExact)
    }

    @Test("What is written is what is read")
    func written() throws {
        for form in GradientTests.forms {
            var c = T5Preset.mini.configuration(vocabularyCount: 32_128 + 70, itemCount: 70)
            c.isGated = form.gated
            c.activation = form.gated ? .geluTanh : .relu
            c.isTied = form.tied
            c.wholeWordCount = 64
            c.decoderLayers = 3
            #expect(try T5Configuration(json: c.json(), path: "config.json") == c)
        }
        let text = String(decoding: T5Configuration.small(dropout: 0.1).json(), as: UTF8.self)
        #expect(text.contains("\"dropout_rate\": 0.1,") && text.contains("\"layer_norm_epsilon\": 1e-06,"))
        // transformers takes no whole number where it wants another.
        #expect(String(decoding: T5Configuration.small(dropout: 0).json(), as: UTF8.self).contains("\"dropout_rate\": 0.0,"))
    }

    /// The required keys, of which one has another value, or one more.
    private func with(_ key: String, _ value: String) -> String {
        let others = Self.required.split(separator: ", ").filter { !$0.hasPrefix("\"\(key)\"") }
        return "{\(others.joined(separator: ", ")), \"\(key)\": \(value)}"
    }

    private func error(_ json: String) -> String {
        let error = #expect(throws: ModelFileError.self) { try T5Configuration(json: Array(json.utf8), path: "a/config.json") }
        return error?.description ?? ""
    }

    @Test("Errors name the file, the key and what is possible")
    func refused() {
        #expect(error("[]").hasPrefix("a/config.json: is not a JSON object"))
        #expect(error("{").hasPrefix("a/config.json: cannot be read as JSON"))
        #expect(error(#"{"d_model": 64}"#).contains("is missing"))
        #expect(error(with("d_ff", "\"wide\"")).contains("'d_ff'"))
        #expect(error(with("model_type", "\"bert\"")).contains("'model_type' is 'bert'"))
        #expect(error(with("feed_forward_proj", "\"gated-swish\"")).contains("'feed_forward_proj' is 'gated-swish'"))
        #expect(error(with("num_layers", "0")).contains("num_layers is 0; 1 to 1024 are possible"))
        #expect(error(with("num_layers", "99999999999999999999")).contains("cannot be read as JSON"))
        #expect(error(with("vocab_size", "-3")).contains("the vocabulary is -3"))
        #expect(error(with("dropout_rate", "1")).contains("dropout_rate is 1.0"))
        #expect(error(with("layer_norm_epsilon", "0")).contains("layer_norm_epsilon"))
        #expect(error(with("relative_attention_num_buckets", "7")).contains("relative_attention_num_buckets"))
        #expect(error(with("pad_token_id", "384")).contains("pad_token_id is 384"))
        let items = #"{"items": 384, "tasks": 5, "prompts_per_task": 3, "whole_word_rows": 5}"#
        #expect(error(with("rdrec", items)).contains("items is 384"))
        #expect(error(with("rdrec", #"{"items": 3}"#)).contains("'rdrec."))
    }

    @Test("Presets and what they cost")
    func presets() {
        let small = T5Preset.t5Small.configuration(vocabularyCount: 32_128), cost = T5Cost(small, precision: .bfloat16)
        // transformers counts 60,506,624 of t5-small; ours are its soft prompts and whole-word rows.
        #expect(cost.parameterCount == 60_506_624 + 15 * 512 + 512 * 512)
        // Twice a product's multiplications and additions backward: 6 a weight and token, of which t5-small has these in its layers.
        #expect(cost.trainingFLOPsPerEncoderToken == 6 * (6 * (4 * 512 * 512 + 2 * 512 * 2_048) + 6 * 2 * 512 * 512))
        #expect(cost.trainingFLOPsPerDecoderToken == 6 * (6 * (6 * 512 * 512 + 2 * 512 * 2_048) + 512 * 32_128))
        #expect(cost.recomputedBytesPerEncoderToken < cost.bytesPerEncoderToken / 2)
        // A step of 8,000 tokens within 3 GB.
        let plan = T5Model.plannedByteCount(
            small, precision: .bfloat16, encoderRows: 7_200, decoderRows: 800, kept: .everything, threads: 2)
        #expect(cost.fixedByteCount + plan < 3_000_000_000)
        for preset in T5Preset.allCases { #expect(preset.configuration(vocabularyCount: 100).fault == nil) }
    }
}
