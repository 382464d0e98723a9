import Foundation
import Reflection

/// What Fixtures/make_fixtures.py wrote.
enum Fixtures {
    struct Vector: Decodable, Sendable {
        let type: String
        /// In hexadecimal.
        let bytes: String
        let json: String
    }

    /// rdrec's own contract and the Echo service of the tests.
    static let schema = load("schema.bin")
    /// What the contract does not use.
    static let extra = load("extra.bin")

    static let own = pool(schema)
    static let odd = pool(extra)

    static let vectors: [Vector] = {
        let lines = load("vectors.jsonl").split(separator: UInt8(ascii: "\n"))
        do {
            return try lines.map { try JSONDecoder().decode(Vector.self, from: Data($0)) }
        } catch {
            fatalError("vectors.jsonl: \(error)")
        }
    }()

    static func pool(for type: String) -> DescriptorPool { type.hasPrefix("extra.") ? odd : own }

    private static func pool(_ bytes: [UInt8]) -> DescriptorPool {
        do { return try DescriptorPool(fileDescriptorSet: bytes) } catch { fatalError("\(error)") }
    }

    private static func load(_ name: String) -> [UInt8] {
        let url = Bundle.module.resourceURL?.appending(path: "Fixtures/\(name)")
        guard let url, let data = try? Data(contentsOf: url) else { fatalError("the fixture \(name) is missing") }
        return Array(data)
    }
}

/// `0a 01 61` and `0a0161` alike.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// The error that a call throws, as it is shown to a user; empty when it throws none.
func failure(_ body: () throws(ReflectionError) -> some Any) -> String {
    do {
        _ = try body()
        return ""
    } catch {
        return error.description
    }
}

/// SplitMix64: the same numbers on every run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
