import Foundation
import Kernels
import Testing

@Suite struct TensorTypeTests {
    /// 2,048 weights of the type as raw blocks, and as ggml's dequantisers give them; see ggml's gguf Python package.
    static func golden(_ type: TensorType) throws -> (blocks: [UInt8], values: [Float]) {
        let name = "\(type)".uppercased()
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        let blocks = try Data(contentsOf: folder.appendingPathComponent("\(name).bin"))
        let values = try Data(contentsOf: folder.appendingPathComponent("\(name).f32"))
        return (
            Array(blocks),
            values.withUnsafeBytes { raw in (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) } }
        )
    }

    @Test("Dequantised blocks equal the reference bit for bit", arguments: TensorType.allCases.filter { $0 != .f32 })
    func dequantize(_ type: TensorType) throws {
        let (blocks, expected) = try Self.golden(type)
        var values = [Float](repeating: .nan, count: expected.count)
        blocks.withUnsafeBytes { blocks in values.withUnsafeMutableBufferPointer { type.dequantize(blocks, into: $0) } }
        let wrong = values.indices.filter { values[$0].bitPattern != expected[$0].bitPattern }
        #expect(wrong.isEmpty, "weights \(wrong.prefix(5)) of \(type)")
    }

    @Test("float32 is copied, at any alignment")
    func copiesFloats() {
        let source: [Float] = [1, -0.0, .infinity, .leastNonzeroMagnitude]
        var bytes: [UInt8] = [0]
        for value in source { withUnsafeBytes(of: value) { bytes += Array($0) } }
        var values = [Float](repeating: 0, count: 4)
        bytes.withUnsafeBytes { raw in
            values.withUnsafeMutableBufferPointer { TensorType.f32.dequantize(UnsafeRawBufferPointer(rebasing: raw[1...]), into: $0) }
        }
        #expect(values.map(\.bitPattern) == source.map(\.bitPattern))
    }

    /// ggml computes q d + m where the type has minima, a zero one included, and q d where it has none.
    @Test(
        "A negative scale times 0 is -0, which a minimum of +0 makes +0",
        arguments: [(TensorType.q4_0, 0x88, true), (.q5_0, 0x00, true), (.q8_0, 0x00, true), (.q4_1, 0x00, false), (.q5_1, 0x00, false)])
    func zeros(_ type: TensorType, _ byte: UInt8, _ negative: Bool) {
        var block = [UInt8](repeating: byte, count: type.blockByteCount)
        (block[0], block[1]) = (0x00, 0xBC)
        if !negative { (block[2], block[3]) = (0, 0) }
        // The fifth bits of Q5_0: 16 stands for 0.
        if type == .q5_0 { for i in 2..<6 { block[i] = 0xFF } }
        var values = [Float](repeating: .nan, count: 32)
        block.withUnsafeBytes { block in values.withUnsafeMutableBufferPointer { type.dequantize(block, into: $0) } }
        #expect(values.allSatisfy { $0 == 0 && ($0.sign == .minus) == negative })
    }
}
