import Reflection
import Testing

/// Damaged input may be refused or taken, but it must come back; what is taken must survive a round trip.
@Suite("Damaged input") struct MutationTests {
    @Test func `of messages is refused or printed`() {
        var random = SeededRandom(state: 1)
        var acceptedCount = 0
        var broken: [String] = []
        for round in 0..<6000 {
            let vector = Fixtures.vectors[round % Fixtures.vectors.count]
            let pool = Fixtures.pool(for: vector.type)
            let damaged = mutated(bytes(vector.bytes), &random)
            guard let json = try? pool.json(damaged, as: vector.type) else { continue }
            acceptedCount += 1
            let again = (try? pool.encode(json: json, as: vector.type)).flatMap { try? pool.json($0, as: vector.type) }
            if again != json { broken.append(hexadecimal(damaged)) }
        }
        #expect(broken == [])
        #expect((500..<5500).contains(acceptedCount))
    }

    @Test func `of JSON is refused or encoded`() {
        var random = SeededRandom(state: 2)
        var acceptedCount = 0
        var broken: [String] = []
        for round in 0..<6000 {
            let vector = Fixtures.vectors[round % Fixtures.vectors.count]
            let pool = Fixtures.pool(for: vector.type)
            let damaged = String(decoding: mutated(Array(vector.json.utf8), changes: 1, &random), as: UTF8.self)
            guard let encoded = try? pool.encode(json: damaged, as: vector.type) else { continue }
            acceptedCount += 1
            let again = (try? pool.json(encoded, as: vector.type)).flatMap { try? pool.encode(json: $0, as: vector.type) }
            if again != encoded { broken.append(damaged) }
        }
        #expect(broken == [])
        #expect((300..<5500).contains(acceptedCount))
    }

    @Test func `of schemas is refused or usable`() {
        var random = SeededRandom(state: 3)
        var refusedCount = 0
        for round in 0..<400 {
            let damaged = mutated(round.isMultiple(of: 2) ? Fixtures.extra : Fixtures.schema, &random)
            guard let pool = try? DescriptorPool(fileDescriptorSet: damaged) else {
                refusedCount += 1
                continue
            }
            for method in pool.services.flatMap(\.methods) {
                guard let template = try? pool.template(of: method.inputType) else { continue }
                #expect(throws: Never.self) { try pool.encode(json: template, as: method.inputType) }
            }
        }
        #expect((20..<390).contains(refusedCount))
    }

    /// A few bytes changed, inserted, removed or doubled, or the rest cut.
    private func mutated(_ original: [UInt8], changes: Int = 3, _ random: inout SeededRandom) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...changes, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0..<6: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 6, 7: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 8: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 9: bytes.remove(at: place)
            case 10: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }
}
