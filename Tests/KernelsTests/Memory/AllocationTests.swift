import CAllocations
import Glibc
import Kernels
import Testing

/// The operations of a decode step and of a training step, on memory that is there beforehand.
private struct Steps {
    let kernels: Kernels
    let workspace = Workspace()
    let tokens = 40, width = 64, vocabulary = 300
    let precisions = [ProductPrecision.float32, .bfloat16]
    // What the operations read and write, all of [tokens, width] or more.
    let x = AlignedBuffer(byteCount: 1 << 20), y = AlignedBuffer(byteCount: 1 << 20), z = AlignedBuffer(byteCount: 1 << 20)
    let pages = AlignedBuffer(byteCount: 1 << 20)
    let numbers: UnsafeMutableBufferPointer<Int32>
    let sequences: UnsafeMutableBufferPointer<PagedSequence>
    let spans: UnsafeMutableBufferPointer<AttentionSpan>
    let rotary: RotaryTable
    let weights: PackedWeights
    let roundedWeights: PackedWeights
    let quantized: QuantizedWeights

    init(_ kernels: Kernels) {
        self.kernels = kernels
        for buffer in [x, y, z] { buffer.bytes.initializeMemory(as: Float.self, repeating: 0.5, count: 1 << 18) }
        numbers = .allocate(capacity: tokens)
        for i in 0..<tokens { numbers.initializeElement(at: i, to: Int32(i)) }
        sequences = .allocate(capacity: 1)
        sequences.initialize(repeating: PagedSequence(rows: 0..<tokens, first: 0, pages: UnsafeBufferPointer(rebasing: numbers[0..<2])))
        spans = .allocate(capacity: 2)
        spans.initialize(repeating: AttentionSpan(0..<tokens / 2))
        spans[1] = AttentionSpan(tokens / 2..<tokens)
        rotary = RotaryTable(frequencies: RotaryTable.frequencies(base: 10_000, pairs: 8), positions: 64, interleaved: false)
        let rows = Rows(Self.floats(x), count: width, columns: width)
        weights = PackedWeights(rows, precision: .float32, kernels: kernels)
        roundedWeights = PackedWeights(rows, precision: .bfloat16, kernels: kernels)
        let blocks = [UInt8](repeating: 1, count: TensorType.q4_0.blockByteCount * 2 * width)
        let side = width
        quantized = blocks.withUnsafeBytes { QuantizedWeights($0, type: .q4_0, rows: side, columns: side, kernels: kernels) }
    }

    private static func floats(_ buffer: AlignedBuffer) -> UnsafeMutablePointer<Float> { buffer.bytes.assumingMemoryBound(to: Float.self) }
    private func rows(_ buffer: AlignedBuffer, _ part: Int = 0) -> MutableRows {
        MutableRows(Self.floats(buffer) + part * tokens * width, count: tokens, columns: width)
    }
    private func values(_ buffer: AlignedBuffer, at: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: Self.floats(buffer) + at, count: 20_000)
    }

    func decode() {
        let (x, y, z) = (rows(x), rows(y), rows(z)), w = Self.floats(self.x)
        workspace.scope {
            kernels.gather(Rows(x), UnsafeBufferPointer(numbers), into: y)
            kernels.rmsNorm(Rows(x), weight: w, epsilon: 1e-6, into: y)
            kernels.multiply(Rows(y), weights, into: z, workspace: workspace)
            kernels.multiply(kernels.round(Rows(y), workspace: workspace), quantized, into: z, workspace: workspace)
            kernels.rotate(z, heads: 4, positions: UnsafeBufferPointer(numbers), table: rotary)
            let memory = PagedMemory(pages.bytes, pages: 2, heads: 2, width: 16, half: true)
            let halves = Rows(z).columns(0..<32)
            kernels.append(keys: halves, values: halves, UnsafeBufferPointer(sequences), to: memory)
            kernels.attend(Rows(z), heads: 4, scale: 0.25, UnsafeBufferPointer(sequences), memory, into: y, workspace: workspace)
            kernels.gate(.silu, Rows(y), Rows(z), into: y)
            kernels.addBias(Rows(y), w, into: y)
            kernels.add(Rows(x), Rows(y), into: z)
            kernels.softmax(Rows(z), into: z)
            kernels.largest(Rows(z), into: workspace.values(Int32.self, tokens))
        }
    }

    func train(_ number: Int) {
        let (x, y, z) = (rows(x), rows(y), rows(z)), w = Self.floats(self.x)
        workspace.scope {
            let dropout = Dropout(rate: 0.1, seed: 1, stream: UInt64(number))
            let inverses = workspace.floats(tokens), logSums = workspace.floats(4 * tokens)
            kernels.rmsNorm(Rows(x), weight: w, epsilon: 1e-6, into: y, inverses: inverses)
            let biases = workspace.floats(4 * 101)
            let bias = DistanceBias(biases, heads: 4, distances: -50...50)
            let buckets = RelativePositionBuckets(bidirectional: true)
            bias.fill(from: Rows(w, count: 32, columns: 4), buckets)
            let attention = RaggedAttention(
                q: Rows(x), k: Rows(y), v: Rows(z), heads: 4, bias: bias, dropout: dropout, UnsafeBufferPointer(spans))
            kernels.attend(attention, into: rows(self.y, 1), logSums: logSums, workspace: workspace)
            kernels.attendBackward(
                attention, out: rows(self.y, 1), logSums: logSums, dOut: Rows(x), dq: rows(self.y, 2), dk: rows(self.y, 3),
                dv: rows(self.y, 4), biasGradient: bias, workspace: workspace)
            bias.addGradient(to: MutableRows(Self.floats(self.z) + 200_000, count: 32, columns: 4), buckets, workspace: workspace)
            kernels.gateBackward(.geluTanh, Rows(x), Rows(y), dy: Rows(x), gateGradient: rows(self.z, 2), upGradient: rows(self.z, 3))
            kernels.activateBackward(.relu, Rows(x), dy: Rows(y), into: rows(self.z, 2))
            kernels.activate(.relu, Rows(x), into: rows(self.z, 2))
            kernels.logSoftmax(Rows(x), into: rows(self.z, 2))
            kernels.softmaxBackward(Rows(rows(self.z, 2)), dy: Rows(x), into: rows(self.z, 3))
            kernels.logSoftmaxBackward(Rows(rows(self.z, 2)), dy: Rows(x), into: rows(self.z, 3))
            kernels.addScaled(Rows(x), by: 0.5, to: rows(self.z, 3))
            let square = Rows(rows(self.z, 2).base, count: width, columns: width)
            weights.pack(square, kernels: kernels)
            roundedWeights.pack(square, kernels: kernels)
            kernels.multiply(Rows(x), roundedWeights, into: rows(self.z, 4), accumulate: true, workspace: workspace)
            kernels.multiply(Rows(x), by: square, into: rows(self.z, 4), precision: .bfloat16, workspace: workspace)
            kernels.multiply(
                Rows(x), byTransposeOf: Rows(rows(self.y, 2))[0..<16], into: workspace.rows(tokens, 16), precision: .bfloat16,
                workspace: workspace)
            kernels.multiplyTranspose(
                of: Rows(x), by: Rows(y), into: workspace.rows(width, width), precision: .float32, workspace: workspace)
            kernels.rmsNormBackward(
                Rows(x), weight: w, inverses: inverses, dy: Rows(y), into: z, weightGradient: workspace.floats(width), workspace: workspace)
            kernels.dropout(dropout, Rows(z), into: z)
            kernels.zero(values(self.z, at: 100_000))
            for precision in precisions {
                kernels.linearCrossEntropy(
                    Rows(x), weights: Rows(Self.floats(self.y), count: vocabulary, columns: width), targets: UnsafeBufferPointer(numbers),
                    gradientScale: 0.1, losses: workspace.floats(tokens), dx: z, weightGradient: workspace.rows(vocabulary, width),
                    precision: precision, workspace: workspace)
            }
            kernels.scatterAdd(Rows(z), UnsafeBufferPointer(numbers), to: y)
            let g = values(self.x, at: 0)
            let norm = kernels.sumOfSquares(UnsafeBufferPointer(g), workspace: workspace).squareRoot()
            kernels.step(
                AdamW(), number: number, learningRate: 0.001, weightDecay: 0.1, gradientScale: AdamW.clipFactor(norm: norm, maximum: 1),
                gradients: UnsafeBufferPointer(g), parameters: values(self.y, at: 0), first: values(self.y, at: 50_000),
                second: values(self.z, at: 0))
        }
    }
}

@Suite struct AllocationTests {
    @Test("Decode and training steps take nothing from the heap once warm", arguments: SupportedSets.all)
    func steps(_ set: InstructionSet) async {
        // In a process of its own: there nobody else allocates.
        await #expect(processExitsWith: .success) { [name = set.rawValue as String] in
            guard allocations_supported() != 0 else { exit(0) }
            guard let set = InstructionSet(rawValue: name) else { exit(2) }
            let steps = Steps(try Kernels(instructionSet: set, team: ThreadTeam(threads: 3)))
            for number in 1...3 {
                steps.decode()
                steps.train(number)
            }
            let before = allocations_count()
            steps.decode()
            let decoded = allocations_count()
            steps.train(4)
            let trained = allocations_count()
            guard decoded == before, trained == decoded else {
                print("\(set): \(decoded - before) allocations in a decode step, \(trained - decoded) in a training step")
                exit(1)
            }
        }
    }

    @Test("The counter counts")
    func counts() {
        guard allocations_supported() != 0 else { return }
        let before = allocations_count()
        let buffers = (0..<100).map { AlignedBuffer(byteCount: $0 * 64) }
        #expect(allocations_count() >= before + 100)
        #expect(buffers.count == 100)
    }
}
