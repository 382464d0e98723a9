import Kernels
import Testing

@Suite struct WorkspaceTests {
    @Test("Pieces are aligned, do not overlap, and hold what is written until the scope ends")
    func pieces() {
        let workspace = Workspace()
        workspace.scope {
            var pieces: [(UnsafeMutablePointer<Float>, Int)] = []
            for (index, count) in [0, 1, 15, 16, 17, 100_000, 3, 1_000_000, 5].enumerated() {
                let piece = workspace.floats(count)
                #expect(UInt(bitPattern: piece) % 64 == 0)
                piece.update(repeating: Float(index), count: count)
                pieces.append((piece, count))
            }
            for (index, (piece, count)) in pieces.enumerated() {
                #expect(UnsafeBufferPointer(start: piece, count: count).allSatisfy { $0 == Float(index) })
            }
        }
    }

    @Test("An inner scope gives back what it took, and only that")
    func nesting() {
        let workspace = Workspace(byteCount: 1 << 16)
        workspace.scope {
            let outer = workspace.floats(16)
            outer.update(repeating: 1, count: 16)
            let first = workspace.scope { workspace.floats(16) }
            first.update(repeating: 2, count: 16)
            let second = workspace.scope { workspace.floats(16) }
            #expect(first == second)
            #expect(first != outer)
            #expect(outer[15] == 1)
        }
        #expect(workspace.peakByteCount == 128)
    }

    @Test("After the largest step the memory is one block, which every further step gets again")
    func settles() {
        let workspace = Workspace()
        func step() -> [UnsafeMutableRawPointer] {
            workspace.scope { (0..<20).map { workspace.bytes($0 * 100_000) } }
        }
        _ = step()
        let settled = step()
        #expect(step() == settled)
        // One block: the pieces follow each other.
        #expect(zip(settled, settled.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("A scope that throws gives back too")
    func throwing() {
        struct Fault: Error {}
        let workspace = Workspace(byteCount: 1 << 12)
        let first = workspace.scope { workspace.bytes(64) }
        try? workspace.scope {
            _ = workspace.bytes(64)
            throw Fault()
        }
        #expect(workspace.scope { workspace.bytes(64) } == first)
    }

    @Test("Memory asked for outside of a scope stops the program")
    func outside() async {
        await #expect(processExitsWith: .failure) { _ = Workspace().bytes(64) }
    }
}
