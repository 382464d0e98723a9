import Foundation
import Testing
import Tokenizers

@Suite struct SentencePieceHostileTests {
    /// Writes protobuf: just enough for models that nobody would train.
    private struct Writer {
        var bytes: [UInt8] = []

        mutating func varint(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                bytes.append(UInt8(value & 0x7F) | 0x80)
                value >>= 7
            }
            bytes.append(UInt8(value))
        }
        mutating func field(_ number: UInt64, _ value: UInt64) {
            varint(number << 3)
            varint(value)
        }
        mutating func field(_ number: UInt64, _ value: some Collection<UInt8>) {
            varint(number << 3 | 2)
            varint(UInt64(value.count))
            bytes += value
        }
        mutating func field(_ number: UInt64, _ value: Float) {
            varint(number << 3 | 5)
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
        }
    }

    private typealias Entry = (text: String, score: Float, kind: UInt64)
    private static let start: [Entry] = [("<pad>", 0, 3), ("</s>", 0, 3), ("<unk>", 0, 2), ("\u{2581}", -1, 1), ("a", -2, 1)]

    private func model(_ pieces: [Entry] = start, type: UInt64 = 1, table: [UInt8] = []) -> [UInt8] {
        var file = Writer()
        for piece in pieces {
            var entry = Writer()
            entry.field(1, piece.text.utf8)
            entry.field(2, piece.score)
            entry.field(3, piece.kind)
            file.field(1, entry.bytes)
        }
        var trainer = Writer()
        trainer.field(3, type)
        file.field(2, trainer.bytes)
        var normalizer = Writer()
        if !table.isEmpty { normalizer.field(2, table) }
        file.field(3, normalizer.bytes)
        return file.bytes
    }

    private func table(_ changes: [Int: UInt32], texts: [UInt8] = [0x62, 0]) -> [UInt8] {
        var units = [UInt32](repeating: 0, count: 256)
        for (index, unit) in changes { units[index] = unit }
        return ([1024] + units).flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } } + texts
    }

    private func expectFault(_ bytes: [UInt8], _ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(sourceLocation: sourceLocation) { _ = try SentencePieceTokenizer(bytes) } throws: { "\($0)".contains(text) }
    }

    @Test("The smallest models work, with a table and without")
    func small() throws {
        #expect(try SentencePieceTokenizer(model()).encode("a aa") == [3, 4, 3, 4, 4])
        // 'a' becomes 'b': from the root to unit 'a', whose leaf is at its base.
        let leaf = 0x100 | UInt32(0x61) | UInt32(0x61 ^ 0x10) << 10
        let changed = try SentencePieceTokenizer(model(table: table([0x61: leaf, 0x10: 1 << 31])))
        #expect(changed.normalize("a aa") == "\u{2581}b\u{2581}bb")
    }

    @Test("What contradicts itself is refused, with the reason")
    func refusals() {
        expectFault([], "no pieces")
        expectFault(Array("not a model".utf8), "spiece.model")
        expectFault(model(Array(Self.start.dropFirst())), "pieces 0, 1 and 2")
        expectFault(model(type: 2), "unigram")
        expectFault(model(Self.start + [("a", -3, 1)]), "twice")
        expectFault(model(Self.start + [("b", .nan, 1)]), "score")
        expectFault(model(Self.start + [("b", -.infinity, 1)]), "score")
        expectFault(model(Self.start + [("", -3, 1)]), "piece 5")
        expectFault(model(Self.start + [("b\0c", -3, 1)]), "NUL")
        expectFault(model(Self.start + [("b", -3, 9)]), "kind 9")
        expectFault(model(Self.start + [("b", -3, 2)]), "second unknown")
        expectFault(model(Array(Self.start.prefix(3))), "refuses")
        expectFault(model(Self.start + (1...70).map { (String(repeating: "x", count: $0), -3, 4) }), "the beginning of the next")
    }

    @Test("A normalisation table that leads out of itself, or round and round, is refused")
    func tables() {
        expectFault(model(table: [1, 2, 3]), "3 bytes")
        expectFault(model(table: [0xFF, 0xFF, 0xFF, 0x7F, 0]), "trie of")
        expectFault(model(table: table([:], texts: [0x62])), "no end")
        expectFault(model(table: table([0: (1 << 20) << 9])), "behind the")
        let leaf = 0x100 | UInt32(0x61) | UInt32(0x61 ^ 0x10) << 10
        expectFault(model(table: table([0x61: leaf, 0x10: 1 << 31 | 77])), "text 77")
        // 'a' leads back to the block that 'a' is in.
        expectFault(model(table: table([0x61: UInt32(0x61) | UInt32(0x61) << 10])), "back to itself")
    }

    @Test("A file cut off anywhere is refused, or whole up to there", arguments: SentencePieceGolden.allCases)
    func truncated(_ golden: SentencePieceGolden) throws {
        let bytes = try [UInt8](SentencePieceGolden.data("\(golden.rawValue).model"))
        for count in Array(0..<40) + stride(from: 40, to: bytes.count, by: 3_001) { try use(Array(bytes.prefix(count))) }
    }

    @Test("Damaged files give an error or a tokenizer that works", arguments: SentencePieceGolden.allCases)
    func damaged(_ golden: SentencePieceGolden) throws {
        let bytes = try [UInt8](SentencePieceGolden.data("\(golden.rawValue).model"))
        var random = Numbers(state: 5)
        for _ in 0..<Int(ProcessInfo.processInfo.environment["RDREC_DAMAGED_FILES"] ?? "40")! {
            var damaged = bytes
            for _ in 0...Int(random.next() % 4) {
                let place = Int(random.next() % UInt64(bytes.count))
                damaged[place] =
                    random.next() % 2 == 0 ? damaged[place] ^ (1 << (random.next() % 8)) : UInt8(truncatingIfNeeded: random.next())
            }
            try use(damaged)
        }
    }

    /// Loads the bytes, and runs texts through what loads.
    private func use(_ bytes: [UInt8]) throws {
        guard let tokenizer = try? SentencePieceTokenizer(bytes) else { return }
        for text in ["user_12 item_345", "ﬁ ｗｉｄｅ ①②½…  数字\u{0}\u{7}\u{AD}x", "Ångström e\u{301} \u{FFFD} 👩‍👩‍👧", "한글 ｶﾞ ㌔"] {
            _ = tokenizer.normalize(text)
            _ = tokenizer.decode(tokenizer.encode(text))
        }
    }

    /// SplitMix64.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
