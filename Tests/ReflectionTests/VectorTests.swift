import Reflection
import Testing

@Suite("Against Google's library") struct VectorTests {
    @Test func `there are enough vectors of each kind`() {
        #expect(Fixtures.vectors.count >= 400)
        #expect(Fixtures.vectors.count { $0.type == "rdrec.test.v1.EveryType" } >= 250)
        #expect(Set(Fixtures.vectors.map(\.type)).count == 16)
    }

    @Test func `a message is printed as json_format prints it`() throws {
        for vector in Fixtures.vectors {
            let json = try Fixtures.pool(for: vector.type).json(bytes(vector.bytes), as: vector.type)
            // Compared by bytes: Swift's == takes different spellings of an accented letter for the same.
            #expect(Array(json.utf8) == Array(vector.json.utf8), "\(vector.type) \(vector.bytes)")
        }
    }

    @Test func `JSON is encoded to the bytes of deterministic serialisation`() throws {
        for vector in Fixtures.vectors {
            let encoded = try Fixtures.pool(for: vector.type).encode(json: vector.json, as: vector.type)
            #expect(hexadecimal(encoded) == vector.bytes, "\(vector.json)")
        }
    }

    @Test func `the form in many lines says the same`() throws {
        for vector in Fixtures.vectors {
            let pool = Fixtures.pool(for: vector.type)
            let pretty = try pool.json(bytes(vector.bytes), as: vector.type, pretty: true)
            #expect(hexadecimal(try pool.encode(json: pretty, as: vector.type)) == vector.bytes)
        }
    }
}
