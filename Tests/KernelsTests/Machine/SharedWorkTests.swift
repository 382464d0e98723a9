import Kernels
import Testing

/// Small jobs of every kind that threads share, for the sanitizer to watch too: results are those of one thread, bit for bit, while
/// other teams are at work.
@Suite struct SharedWorkTests {
    /// What a job gives with kernels of a team.
    struct Job: Sendable, CustomTestStringConvertible {
        let name: String
        let run: @Sendable (Kernels) -> [UInt32]
        var testDescription: String { name }
    }

    static let all = [
        Job(name: "ragged attention") { kernels in
            var batch = RaggedBatch([(30, 30), (5, 5), (26, 26)], heads: 3, width: 8, causal: true, bias: true)
            batch.rate = 0.2
            let result = batch.run(kernels, dOut: Matrix.random(61, 24, seed: 8))
            return [result.out, result.dq, result.dk, result.dv, result.dBias ?? Matrix(0, 0)].flatMap(\.bits)
        },
        Job(name: "paged attention") { kernels in
            let count = 40, memory = AlignedBuffer(byteCount: 4 * PagedMemory.bytesPerPage(heads: 2, width: 16, half: true))
            let pages = PagedMemory(memory.bytes, pages: 4, heads: 2, width: 16, half: true)
            let q = Matrix.random(2 * count, 64, seed: 1), k = Matrix.random(2 * count, 32, seed: 2)
            var out = Matrix.like(q)
            let tables: [Int32] = [3, 1, 0, 2]
            tables.withUnsafeBufferPointer { tables in
                let sequences = [0, 1].map {
                    PagedSequence(
                        rows: $0 * count..<($0 + 1) * count, first: 0, pages: UnsafeBufferPointer(rebasing: tables[2 * $0..<2 * $0 + 2]))
                }
                sequences.withUnsafeBufferPointer { sequences in
                    k.read { kernels.append(keys: $0, values: $0, sequences, to: pages) }
                    q.read { q in
                        out.write { kernels.attend(q, heads: 4, scale: 0.25, sequences, pages, into: $0, workspace: Workspace()) }
                    }
                }
            }
            return out.bits
        },
        Job(name: "embedding") { kernels in
            let ids = (0..<50).map { Int32($0 * $0 % 7) }, dy = Matrix.random(50, 200, seed: 1)
            var gradient = Matrix(7, 200), y = Matrix(50, 200)
            ids.withUnsafeBufferPointer { ids in
                dy.read { dy in gradient.write { kernels.scatterAdd(dy, ids, to: $0) } }
                gradient.read { table in y.write { kernels.gather(table, ids, into: $0) } }
            }
            return gradient.bits + y.bits
        },
        Job(name: "products") { kernels in
            let a = Matrix.random(60, 64, seed: 1), b = Matrix.random(80, 64, seed: 2), workspace = Workspace()
            let weights = b.read { PackedWeights($0, precision: .float32, kernels: kernels) }
            var c = Matrix(60, 80), gradient = Matrix(80, 64)
            a.read { a in
                c.write { kernels.multiply(a, weights, into: $0, workspace: workspace) }
                c.read { c in
                    gradient.write { kernels.multiplyTranspose(of: c, by: a, into: $0, precision: .bfloat16, workspace: workspace) }
                }
            }
            return c.bits + gradient.bits
        },
        Job(name: "quantised products") { kernels in
            let test = QuantizedCase(set: kernels.instructionSet, type: .q4_1, m: 40, n: 70, blocks: 2)
            var c = Matrix(40, 70)
            test.multiply(Matrix.random(40, test.k, seed: 1), into: &c, kernels: kernels)
            return c.bits
        },
        Job(name: "a norm's gradients") { kernels in
            let result = Operator.normGradients(kernels, Matrix.random(300, 20, seed: 1), Matrix.random(300, 20, seed: 2))
            return result.dx.bits + result.dWeight.bits
        },
        Job(name: "the optimiser") { kernels in
            let numbers = (1...4).map { Matrix.random(1, 40_000, seed: $0) }
            return Operator.adamW.run(kernels, numbers).flatMap(\.bits)
        },
    ]

    @Test("Two teams at work at the same time give what one thread gives", arguments: all)
    func teams(_ job: Job) async throws {
        let set = SupportedSets.all[0]
        let expected = job.run(SupportedSets.make(set, team: SupportedSets.team(1)))
        let results = try await withThrowingTaskGroup { group in
            for spinning in [Duration.zero, .microseconds(50)] {
                let kernels = SupportedSets.make(set, team: try ThreadTeam(threads: 3, spinning: spinning))
                group.addTask { (0..<5).map { _ in job.run(kernels) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(results.count == 10)
        for result in results { #expect(result.elementsEqual(expected)) }
    }

    @Test("Callers of one team take turns and get the same")
    func callers() async {
        let kernels = SupportedSets.make(SupportedSets.all[0], team: SupportedSets.team(3))
        let expected = Self.all.map { $0.run(SupportedSets.make(SupportedSets.all[0], team: SupportedSets.team(1))) }
        await withTaskGroup { group in
            for (job, expected) in zip(Self.all, expected) {
                group.addTask { for _ in 0..<3 { #expect(job.run(kernels).elementsEqual(expected)) } }
            }
        }
    }
}
