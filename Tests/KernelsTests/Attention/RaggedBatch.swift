import Kernels
import Testing

/// A ragged batch of attention: what goes in, and how it is run forward and backward.
struct RaggedBatch: Sendable {
    let heads: Int
    let width: Int
    let causal: Bool
    var scale: Float = 0.7
    var rate: Float = 0
    var stream: UInt64 = 5
    var precision = ProductPrecision.float32
    var q: Matrix
    var k: Matrix
    var v: Matrix
    /// [H, -reach ... reach].
    var bias: Matrix?
    let reach: Int
    var spans: [AttentionSpan]

    /// - Parameters:
    ///   - lengths: Queries and keys of each sequence, which follow each other in the matrices.
    init(_ lengths: [(queries: Int, keys: Int)], heads: Int, width: Int, causal: Bool = false, bias: Bool = false, seed: UInt64 = 1) {
        self.heads = heads
        self.width = width
        self.causal = causal
        reach = lengths.reduce(1) { max($0, $1.queries, $1.keys) }
        var spans: [AttentionSpan] = [], queries = 0, keys = 0
        for length in lengths {
            spans.append(AttentionSpan(queries: queries..<queries + length.queries, keys: keys..<keys + length.keys))
            queries += length.queries
            keys += length.keys
        }
        self.spans = spans
        q = Matrix.random(queries, heads * width, seed: seed)
        k = Matrix.random(keys, heads * width, seed: seed + 1)
        v = Matrix.random(keys, heads * width, seed: seed + 2)
        self.bias = bias ? Matrix.random(heads, 2 * reach + 1, seed: seed + 3) : nil
    }

    /// One sequence of the batch by itself, with the number that it has in the batch.
    func alone(_ index: Int) -> RaggedBatch {
        let span = spans[index]
        var one = RaggedBatch([(span.queries.count, span.keys.count)], heads: heads, width: width, causal: causal)
        one.spans = [AttentionSpan(queries: 0..<span.queries.count, keys: 0..<span.keys.count, sequence: UInt32(index))]
        one.rate = rate
        one.precision = precision
        one.q = q.rows(span.queries)
        one.k = k.rows(span.keys)
        one.v = v.rows(span.keys)
        one.scale = scale
        if let bias {
            var part = Matrix(heads, 2 * one.reach + 1)
            for head in 0..<heads { for d in -one.reach...one.reach { part[head, d + one.reach] = bias[head, d + reach] } }
            one.bias = part
        }
        return one
    }

    struct Result {
        var out: Matrix
        var logSums: Matrix
        var dq: Matrix, dk: Matrix, dv: Matrix
        var dBias: Matrix?
    }

    /// Forward, and backward with dOut.
    func run(_ kernels: Kernels, dOut: Matrix? = nil) -> Result {
        var bias = self.bias ?? Matrix(0, 0), dBias = Matrix.like(bias)
        var result = Result(
            out: Matrix.like(q), logSums: Matrix(heads, q.count), dq: Matrix.like(q), dk: Matrix.like(k), dv: Matrix.like(v), dBias: nil)
        let workspace = Workspace(), dropout = rate > 0 ? Dropout(rate: rate, seed: 3, stream: stream) : nil
        q.read { q in
            k.read { k in
                v.read { v in
                    spans.withUnsafeBufferPointer { spans in
                        bias.write { bias in
                            let table = self.bias == nil ? nil : DistanceBias(bias.base, heads: heads, distances: -reach...reach)
                            let attention = RaggedAttention(
                                q: q, k: k, v: v, heads: heads, scale: scale, causal: causal, bias: table, dropout: dropout,
                                precision: precision, spans)
                            result.out.write { out in
                                result.logSums.write { logSums in
                                    kernels.attend(attention, into: out, logSums: logSums.base, workspace: workspace)
                                    guard let dOut else { return }
                                    dOut.read { dOut in
                                        result.dq.write { dq in
                                            result.dk.write { dk in
                                                result.dv.write { dv in
                                                    dBias.write { dBias in
                                                        let gradient = table.map {
                                                            DistanceBias(dBias.base, heads: heads, distances: $0.distances)
                                                        }
                                                        kernels.attendBackward(
                                                            attention, out: out, logSums: logSums.base, dOut: dOut, dq: dq, dk: dk,
                                                            dv: dv, biasGradient: gradient, workspace: workspace)
                                                    }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        if self.bias != nil { result.dBias = dBias }
        return result
    }
}

extension Matrix {
    func rows(_ range: Range<Int>) -> Matrix {
        var matrix = Matrix(range.count, columns)
        matrix.values = Array(values[range.lowerBound * columns..<range.upperBound * columns])
        return matrix
    }
}
