import Kernels
import T5Model
import Testing

/// What a batch refuses, and where its tokens go.
@Suite struct BatchTests {
    private let c = T5Configuration.small()

    @Test("Rows of the encoder and the decoder")
    func rows() throws {
        var batch = T5Batch(c)
        try batch.append(tokens: [7, 8], wholeWords: [0, 3], task: 2, labels: [9, -100, 1])
        try batch.append(tokens: [5], labels: [6], decoderTokens: [4])
        let prompt = Int32(c.vocabularyCount + 2 * c.promptsPerTask)
        #expect(batch.encoderRows == [prompt, prompt + 1, prompt + 2, 7, 8, 5])
        #expect(batch.wholeWords == [-1, -1, -1, 0, 3, -1])
        #expect(batch.decoderTokens == [c.startToken, 9, c.padToken, 4])
        #expect(batch.labels == [9, -1, 1, 6] && batch.labelCount == 3 && batch.tasks == [2, -1])
        #expect(batch.encoderSpans.map(\.queries) == [0..<5, 5..<6] && batch.crossSpans.map(\.keys) == [0..<5, 5..<6])
        #expect(batch.decoderSpans.map(\.queries) == [0..<3, 3..<4] && batch.tokenCount == 10)
    }

    private func error(_ append: (inout T5Batch) throws -> Void) throws -> String {
        var batch = T5Batch(c)
        batch.name = "epoch 3"
        try batch.append(tokens: [3], labels: [4])
        let error = #expect(throws: T5InputError.self) { try append(&batch) }
        #expect(batch.sequenceCount == 1 && batch.tokenCount == 2, "a refused sequence leaves the batch as it was")
        return error?.description ?? ""
    }

    @Test("What is out of range is named, with its sequence and place")
    func refused() throws {
        #expect(
            try error { try $0.append(tokens: [3, 40]) }
                == "batch 'epoch 3', sequence 1: token 40 at place 1 of the text; the vocabulary has 40, the first being 0")
        #expect(try error { try $0.append(tokens: [-1]) }.contains("token -1 at place 0"))
        #expect(try error { try $0.append(tokens: [3], labels: [3, 99]) }.contains("label 99 at place 1"))
        #expect(try error { try $0.append(tokens: [3], wholeWords: [10]) }.contains("whole-word id 10"))
        #expect(try error { try $0.append(tokens: [3], wholeWords: [1, 2]) }.contains("2 whole-word ids for 1 tokens"))
        #expect(try error { try $0.append(tokens: [3], task: 5) }.contains("task 5; there are 5"))
        #expect(try error { try $0.append(tokens: []) }.contains("nothing to read"))
        #expect(try error { try $0.append(tokens: [3], labels: [4], decoderTokens: [4, 5]) }.contains("reads 2 tokens"))
        #expect(try error { try $0.append(tokens: [3], labels: [4], decoderTokens: [-4]) }.contains("token -4"))
    }

    @Test("Soft prompts alone are a text")
    func promptsAlone() throws {
        var batch = T5Batch(c)
        try batch.append(tokens: [], task: 0, labels: [4])
        #expect(try T5Model.random(c).loss(batch).mean.isFinite)
    }
}
