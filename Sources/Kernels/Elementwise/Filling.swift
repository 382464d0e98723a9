internal import Glibc

extension Kernels {
    /// x = 0, [n].
    package func zero(_ x: UnsafeMutableBufferPointer<Float>) {
        guard let base = x.baseAddress else { return }
        team.run(Zero(count: x.count, x: base))
    }
}

private struct Zero: ElementJob {
    let count: Int
    let x: UnsafeMutablePointer<Float>

    func run(_ range: Range<Int>) { memset(x + range.lowerBound, 0, range.count * MemoryLayout<Float>.stride) }
}
