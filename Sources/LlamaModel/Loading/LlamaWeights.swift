package import Kernels
package import ModelFiles

/// A model's weights, repacked for one machine's kernels. Read only: any number of engines may share them.
package final class LlamaWeights: Sendable {
    struct Layer: Sendable {
        let attentionNorm: AlignedBuffer
        /// Queries, keys and values side by side.
        let attention: LinearLayer, output: LinearLayer
        let feedForwardNorm: AlignedBuffer
        /// Gate and up side by side.
        let gateUp: LinearLayer, down: LinearLayer

        var products: [LinearLayer] { [attention, output, gateUp, down] }
    }

    package let configuration: LlamaConfiguration
    let layers: [Layer]
    /// Token states come from the file's own blocks.
    let embedding: GGUFTensor
    let outputNorm: AlignedBuffer
    /// The embedding itself where the file has no output layer.
    let output: LinearLayer
    let rotary: RotaryTable
    /// What loading took.
    package let report: LoadReport

    /// Positions where no number is given: the rotations of each are tabulated, and files may claim millions.
    package static let usualContextLength = 32_768

    /// Repacks all tensors; their pages of the file are given back as soon as that is done, and those of the embedding come again as
    /// tokens need them.
    ///
    /// - Parameters:
    ///   - contextLength: Positions that sequences may have, never more than the model's own; ``usualContextLength`` when nil.
    /// - Throws: A ``ModelFileError`` that names the key or tensor that is missing, contradicts another or does not fit into memory.
    package init(
        _ file: GGUFFile, precision: WeightPrecision = .asStored, contextLength: Int? = nil, kernels: Kernels
    ) throws(ModelFileError) {
        let clock = LoadClock()
        let sizes = try LlamaConfiguration(file)
        try LoadReport.requireMemory(for: file, precision)
        file.file.readAhead()
        configuration = sizes
        let hasBias = sizes.architecture == .qwen2
        let queryWidth = sizes.heads * sizes.headWidth, keyWidth = sizes.keyHeads * sizes.headWidth
        let arena = BufferArena()
        func linear(_ parts: [LinearLayer.Part], _ columns: Int) throws(ModelFileError) -> LinearLayer {
            try LinearLayer(file, parts, columns: columns, precision, kernels, arena)
        }
        var layers: [Layer] = []
        for index in 0..<sizes.layers {
            let name = "blk.\(index)"
            let attention: [LinearLayer.Part] = [
                .init(name: "\(name).attn_q", rows: queryWidth, hasBias: hasBias),
                .init(name: "\(name).attn_k", rows: keyWidth, hasBias: hasBias),
                .init(name: "\(name).attn_v", rows: keyWidth, hasBias: hasBias),
            ]
            let gateUp: [LinearLayer.Part] = [
                .init(name: "\(name).ffn_gate", rows: sizes.feedForward), .init(name: "\(name).ffn_up", rows: sizes.feedForward),
            ]
            layers.append(
                Layer(
                    attentionNorm: try file.vector("\(name).attn_norm.weight", count: sizes.width),
                    attention: try linear(attention, sizes.width),
                    output: try linear([.init(name: "\(name).attn_output", rows: sizes.width)], queryWidth),
                    feedForwardNorm: try file.vector("\(name).ffn_norm.weight", count: sizes.width),
                    gateUp: try linear(gateUp, sizes.width),
                    down: try linear([.init(name: "\(name).ffn_down", rows: sizes.width)], sizes.feedForward)))
        }
        self.layers = layers
        embedding = try file.tensor("token_embd.weight")
        try embedding.require(rows: sizes.vocabulary, columns: sizes.width)
        outputNorm = try file.vector("output_norm.weight", count: sizes.width)
        let tied = file.tensorIfPresent("output.weight") == nil
        output = try linear([.init(name: tied ? "token_embd" : "output", rows: sizes.vocabulary)], sizes.width)
        rotary = RotaryTable(
            frequencies: sizes.rotaryFrequencies, positions: min(contextLength ?? Self.usualContextLength, sizes.contextLength),
            interleaved: sizes.architecture == .llama)
        report = LoadReport(
            seconds: clock.seconds, fileBytes: file.file.bytes.count,
            weightBytes: layers.reduce(output.byteCount) { sum, layer in layer.products.reduce(sum) { $0 + $1.byteCount } })
    }

    /// Positions that sequences may have.
    package var contextLength: Int { rotary.positions }
}
