import EchoProtos
import Testing
import Wire

/// A million damaged frames: none may crash, and what is still taken must be a value that encodes and decodes to itself.
@Suite struct MutationTests {
    /// Four parts, for the cores that there are.
    @Test(arguments: UInt64(0)..<4)
    func `a million seeded mutations of golden and random frames do not crash the decoder`(_ part: UInt64) throws {
        var random = SeededRandom(seed: 0x5eed + part)
        let golden = try GoldenFrames.read("golden").map(\.header)
        var corpus = golden.map { (types: Header.self as any WireMessage.Type, bytes: $0) }
        for _ in 0..<40 { corpus.append((EveryType.self, try EveryType.random(&random).encoded())) }
        for _ in 0..<10 { corpus.append((GenerateRationaleResponse.self, try GenerateRationaleResponse.random(&random).encoded())) }
        var refused = 0
        let total = 250_000
        for index in 0..<total {
            let seed = corpus[index % corpus.count]
            let frame = mutated(seed.bytes, &random)
            if try !survives(frame, seed.types, thorough: index.isMultiple(of: 16)) { refused += 1 }
        }
        #expect(refused > total / 4 && refused < total)
    }

    /// One to three of: a bit flipped, a byte replaced by an edge, bytes removed, bytes doubled, the end cut.
    private func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let at = random.below(bytes.count)
            let count = 1 + random.below(min(8, bytes.count - at))
            switch random.below(5) {
            case 0: bytes[at] ^= 1 << UInt8(random.below(8))
            case 1: bytes[at] = [0x00, 0x7f, 0x80, 0xff, 0x0b, 0x02][random.below(6)]
            case 2: bytes.removeSubrange(at..<(at + count))
            case 3: bytes.insert(contentsOf: bytes[at..<(at + count)], at: at)
            default: bytes.removeLast(bytes.count - at)
            }
        }
        return bytes
    }

    private func survives<Message: WireMessage>(_ frame: [UInt8], _ type: Message.Type, thorough: Bool) throws -> Bool {
        do throws(WireError) {
            let message = try Message(decoding: frame)
            guard thorough else { return true }
            let bytes = try message.encoded()
            let again = try Message(decoding: bytes).encoded()
            // Compared as bytes: a NaN is not equal to itself.
            if again != bytes { Issue.record("\(Message.fullName) \(frame): encodes differently the second time") }
            return true
        } catch {
            if case .malformed(.refused) = error.code { Issue.record("protobuf-c refuses what the pre-scan takes: \(frame)") }
            return false
        }
    }
}
