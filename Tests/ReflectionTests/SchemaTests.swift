import Reflection
import Testing

@Suite("A schema") struct SchemaTests {
    let pool = Fixtures.own

    @Test func `lists its services by name with their methods in order`() throws {
        #expect(
            pool.services.map(\.fullName) == [
                "grpc.health.v1.Health", "rdrec.rpc.v1.Descriptors", "rdrec.test.v1.Echo", "rdrec.v1.Catalog", "rdrec.v1.Jobs",
                "rdrec.v1.Models", "rdrec.v1.Recommender", "rdrec.v1.Teacher",
            ])
        let echo = try #require(pool.services.first { $0.fullName == "rdrec.test.v1.Echo" })
        #expect(echo.methods.map(\.path) == ["Get", "Put", "Expand", "Collect", "Chat", "Mirror"].map { "/rdrec.test.v1.Echo/" + $0 })
        #expect(echo.methods.map(\.clientStreaming) == [false, false, false, true, true, false])
        #expect(echo.methods.map(\.serverStreaming) == [false, false, true, false, true, false])
        #expect(echo.methods.map(\.idempotencyLevel) == [.noSideEffects, .unknown, .unknown, .unknown, .unknown, .idempotent])
        #expect(echo.methods.map(\.inputType) == Array(repeating: "rdrec.test.v1.EchoRequest", count: 5) + ["rdrec.test.v1.EveryType"])
        #expect(echo.methods.map(\.outputType) == Array(repeating: "rdrec.test.v1.EchoResponse", count: 5) + ["rdrec.test.v1.EveryType"])
    }

    @Test func `finds a method with or without the first slash`() {
        #expect(pool.method("/rdrec.v1.Teacher/Complete")?.outputType == "rdrec.v1.CompleteChunk")
        #expect(pool.method("rdrec.v1.Teacher/Complete") == pool.method("/rdrec.v1.Teacher/Complete"))
        for path in ["", "/", "//rdrec.v1.Teacher/Complete", "rdrec.v1.Teacher.Complete", "rdrec.v1.Teacher/complete"] {
            #expect(pool.method(path) == nil)
        }
    }

    @Test func `names the methods that a wrong path may have meant`() {
        #expect(pool.methodsNear("rdrec.v1.Teacher/Complte") == ["/rdrec.v1.Teacher/Complete"])
        #expect(pool.methodsNear("Complete") == ["/rdrec.v1.Teacher/Complete"])
        #expect(pool.methodsNear("/other.Service/Get") == ["/rdrec.test.v1.Echo/Get"])
        #expect(pool.methodsNear("nothing like it at all") == [])
        #expect(pool.methodsNear("") == [])
    }

    @Test func `knows a message's fields`() throws {
        let type = try #require(pool.message("rdrec.test.v1.EveryType"))
        #expect(type.fields.map(\.number) == Array(1...32))
        #expect(type.oneofNames == ["choice"])
        let count = try #require(type.fields.first { $0.name == "counts" })
        #expect(count.isRepeated && count.isPacked && count.kind == .uint32 && !count.hasPresence)
        let nested = try #require(type.fields.first { $0.name == "nested" })
        #expect(nested.kind == .message("rdrec.test.v1.EveryType.Inner") && nested.oneofIndex == 0 && nested.hasPresence)
        #expect(type.fields.first { $0.name == "int32_value" }?.jsonName == "int32Value")
        #expect(pool.message(".rdrec.test.v1.EveryType") == nil)
    }

    @Test func `takes an optional field for one of its own and not of a oneof`() throws {
        let fields = try #require(Fixtures.odd.message("extra.v1.Presence")).fields
        #expect(fields.map(\.hasPresence) == [true, true, true, false])
        #expect(fields.map(\.oneofIndex) == [nil, nil, nil, nil])
    }

    @Test func `may be empty`() throws {
        let empty = try DescriptorPool(fileDescriptorSet: [])
        #expect(empty.services == [])
        #expect(failure { () throws(ReflectionError) in try empty.encode(json: "{}", as: "a.B") } == "there is no message type a.B")
    }
}
