/// Scratch memory for one step of a model after the other: a stack that only grows until it has seen the largest step, and then
/// allocates nothing more.
///
/// Memory is handed out within ``scope(_:)`` and taken back at its end; it is aligned to cache lines and not initialised. For one thread
/// at a time: it belongs to whoever drives the model.
package final class Workspace {
    private var blocks: [AlignedBuffer] = []
    private var block = 0
    private var used = 0
    /// The most that was in use at a time, in bytes.
    package private(set) var peakByteCount = 0
    private var inUse = 0
    private var depth = 0

    package init(byteCount: Int = 0) {
        blocks.reserveCapacity(32)
        if byteCount > 0 { blocks.append(AlignedBuffer(byteCount: byteCount)) }
    }

    /// Whatever the body takes is taken back when it returns. Scopes nest.
    package func scope<Result>(_ body: () throws -> Result) rethrows -> Result {
        let mark = (block, used, inUse)
        depth += 1
        defer {
            depth -= 1
            (block, used, inUse) = mark
            if depth == 0 { mergeBlocks() }
        }
        return try body()
    }

    /// `count` numbers that no one else has until the scope ends.
    package func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
        bytes(count * MemoryLayout<Float>.stride).assumingMemoryBound(to: Float.self)
    }

    /// A matrix without gaps.
    package func rows(_ count: Int, _ columns: Int) -> MutableRows { MutableRows(floats(count * columns), count: count, columns: columns) }

    /// `count` values of a type without references.
    package func values<Value: BitwiseCopyable>(_ type: Value.Type, _ count: Int) -> UnsafeMutablePointer<Value> {
        bytes(count * MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: count)
    }

    package func bytes(_ byteCount: Int) -> UnsafeMutableRawPointer {
        Shapes.require(depth > 0, "Workspace", "memory is handed out within scope(_:)")
        Shapes.require(byteCount >= 0, "Workspace", "\(byteCount) bytes")
        let size = max(AlignedBuffer.rounded(byteCount), AlignedBuffer.alignment)
        while block < blocks.count, used + size > blocks[block].byteCount {
            block += 1
            used = 0
        }
        if block == blocks.count { blocks.append(AlignedBuffer(byteCount: max(size, 2 * (blocks.last?.byteCount ?? 1 << 19)))) }
        defer {
            used += size
            inUse += size
            peakByteCount = max(peakByteCount, inUse)
        }
        return blocks[block].bytes + used
    }

    /// One block in the place of several, once nothing is in use: the next step finds all it needs in one piece.
    private func mergeBlocks() {
        guard blocks.count > 1 else { return }
        let total = blocks.reduce(0) { $0 + $1.byteCount }
        blocks.removeAll(keepingCapacity: true)
        blocks.append(AlignedBuffer(byteCount: total))
    }
}
