import CPeaks
import Foundation
import Kernels

/// Each kernel as a fraction of what bounds it: register-only multiply-adds for products, streaming reads for what goes through memory.
/// Kernel and bound take turns, and what counts is the median of the rounds' fractions, since a shared machine drifts. The
/// fraction in its best round is told beside it: a neighbour on the same core takes more from a kernel than from a loop on registers.
struct KernelsSuite {
    var quick: Bool

    var rounds: Int { quick ? 7 : 31 }
    let team: ThreadTeam
    let workspace = Workspace()

    init(quick: Bool, threads: Int) throws {
        self.quick = quick
        team = try ThreadTeam(threads: threads, spinning: .milliseconds(1))
    }

    /// - Parameter part: `products`, `training`, `quantized` or `streams`; all of them when nil.
    func run(_ part: String?, into report: inout Report) throws {
        let widest = try Kernels(team: team)
        print("kernels: \(widest.instructionSet.rawValue), OpenBLAS: \(String(cString: peak_sgemm_core())), \(team.size) threads")
        if part == nil || part == "products" { try products(into: &report) }
        if part == nil || part == "training" { try training(into: &report) }
        if part == nil || part == "quantized" { try quantized(into: &report) }
        if part == nil || part == "streams" { try streams(into: &report) }
    }

    func supports(_ set: InstructionSet) -> Bool { InstructionSet.supported.contains(set) }

    /// Seconds that `body` takes.
    static func seconds(_ body: () -> Void) -> Double {
        let start = DispatchTime.now().uptimeNanoseconds
        body()
        return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    }

    /// Rates of two bodies, each `work` a call, measured in turns: about 10 ms of each a round. The first round warms up.
    func inTurns(_ work: Double, _ bound: () -> Double, _ body: () -> Void) -> Turns {
        let calls = max(1, Int(0.01 / Self.seconds(body)))
        var rates: [Double] = [], fractions: [Double] = []
        for round in 0...rounds {
            // Before and after: the bound of a drifting machine is that of the moment.
            let before = bound()
            let seconds = Self.seconds { for _ in 0..<calls { body() } } / Double(calls)
            let limit = max(before, bound())
            if round == 0 { continue }
            rates.append(work / seconds)
            fractions.append(work / seconds / limit)
        }
        return Turns(rate: rates.median, fraction: fractions.median, best: fractions.max() ?? 0)
    }

    /// What `inTurns` found: units of work a second, and the fraction of the bound in the median and in the best round.
    struct Turns {
        let rate: Double
        let fraction: Double
        let best: Double
    }

    /// The set whose byte products are the machine's fastest.
    var byteSet: InstructionSet { supports(.avx512VNNI) ? .avx512VNNI : supports(.avx512) ? .avx512 : .avx2 }

    /// The set whose bfloat16 products are the machine's fastest.
    var bfloat16Set: InstructionSet { supports(.avx512AMX) ? .avx512AMX : .avx512BF16 }

    /// Operations a second of a set's multiply-adds on registers, all threads together.
    func peak(_ set: InstructionSet, _ type: String) -> (() -> Double)? {
        guard let loop = peak_find(set.rawValue, type) else { return nil }
        // About 50 million operations of a narrow set, of AMX's tiles as many as take as long.
        let rounds: UInt64 = loop.pointee.operations > 100_000 ? 50_000 : 1_000_000
        return {
            let job = PeakLoop(loop: loop, rounds: rounds)
            let seconds = Self.seconds { team.run(team.size, job) }
            return Double(rounds * loop.pointee.operations) * Double(team.size) / seconds
        }
    }
}

private struct PeakLoop: TileJob {
    let loop: UnsafePointer<peak_loop>
    let rounds: UInt64

    func run(tile: Int, worker: Int) { loop.pointee.run(rounds) }
}

/// Memory that a benchmark owns, filled with small numbers.
final class Numbers {
    let buffer: AlignedBuffer
    let count: Int

    init(_ count: Int) {
        self.count = count
        buffer = AlignedBuffer(byteCount: count * MemoryLayout<Float>.stride)
        var state: UInt32 = 1
        for i in 0..<count {
            state = state &* 1_664_525 &+ 1_013_904_223
            base[i] = Float(Int32(bitPattern: state) >> 8) / Float(1 << 24)
        }
    }

    var base: UnsafeMutablePointer<Float> { buffer.bytes.assumingMemoryBound(to: Float.self) }
    func rows(_ count: Int, _ columns: Int) -> MutableRows { MutableRows(base, count: count, columns: columns) }
}
