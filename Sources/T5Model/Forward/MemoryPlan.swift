internal import Kernels

/// What a pass takes from its workspace at the most: the activations that it keeps, and the scratch memory of its largest operation.
struct MemoryPlan {
    let byteCount: Int

    init(
        _ c: T5Configuration, precision: ProductPrecision, encoderRows: Int, decoderRows: Int, kept: KeptActivations, threads: Int
    ) {
        let plan = ActivationPlan(c, encoderRows: encoderRows, decoderRows: decoderRows, kept: kept)
        let rows = max(encoderRows, decoderRows), numberBytes = precision == .bfloat16 ? 2 : 4
        let widest = max(3 * c.innerWidth, c.feedForward, c.width)
        // Packed panels of a product: all of its left side, and of its right side where that is not packed ahead, with a panel's rounding.
        func product(_ lines: Int, _ k: Int, _ columns: Int) -> Int { (lines + columns + 128) * (k + 64) * numberBytes }
        var scratch = product(rows, widest, 0)
        if kept != .nothing {
            let crossWidth = c.decoderLayers * 2 * c.innerWidth
            let inLayer = rows * (2 * widest + 2 * c.width + c.innerWidth) * 4 + product(widest, rows, widest)
            let across = encoderRows * crossWidth * 4
            let acrossProduct = max(product(crossWidth, encoderRows, c.width), product(encoderRows, crossWidth, c.width))
            scratch = max(inLayer + (decoderRows > 0 ? across : 0), across + acrossProduct) + (encoderRows + decoderRows) * c.width * 4
        }
        let chunk = min(CrossEntropyChunk.rows(classes: c.vocabularyCount), decoderRows)
        let logits = chunk * c.vocabularyCount * 4 + decoderRows * 8
        let head =
            kept == .nothing
            ? logits + product(chunk, c.width, 0)
            : logits + product(0, c.width, c.vocabularyCount) + product(c.vocabularyCount, chunk, c.width)
        // Of attention: the scores of a block of queries and the sequence's keys and values, a thread each; and of the position biases.
        let attention = threads * ((rows + 32) * (2 * c.headWidth + 256) + 128 * (c.headWidth + 32)) * 4
        let bias = 8 * c.heads * (encoderRows + decoderRows + 64) * 4
        byteCount = plan.count * 4 + max(scratch, head + (encoderRows + decoderRows) * c.width * 4) + attention + bias + (1 << 20)
    }
}
