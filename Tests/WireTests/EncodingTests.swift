import EchoProtos
import Testing
import Wire

/// What encoding refuses, and where it writes.
@Suite struct EncodingTests {
    @Test func `a NUL in a string is refused with the field and the byte`() {
        let error = #expect(throws: WireError.self) { try Header(metadata: [Metadata(key: "ab\0c")]).encoded() }
        #expect(error?.code == .unencodable)
        #expect(error?.field == "rdrec.rpc.v1.Metadata.key")
        #expect(error?.description.contains("byte 2") == true)
        #expect(throws: WireError.self) { try EveryType(names: ["\0"]).encoded() }
        #expect(throws: WireError.self) { try EveryType(choice: .word("a\0")).encoded() }
    }

    @Test func `encoding into scratch replaces its contents and keeps its memory`() throws {
        var scratch = [UInt8](repeating: 0xee, count: 4_096)
        let address = scratch.withUnsafeBytes { $0.baseAddress }
        for text in ["short", String(repeating: "long ", count: 500), "", "again"] {
            let request = EchoRequest(text: text, count: 3)
            try request.encode(into: &scratch)
            #expect(try EchoRequest(decoding: scratch) == request)
            #expect(scratch.withUnsafeBytes { $0.baseAddress } == address)
        }
        try EchoRequest(payload: [UInt8](repeating: 1, count: 10_000)).encode(into: &scratch)
        #expect(scratch.count == 10_003)
    }

    @Test func `a message of more fields than a receiver takes is not sent`() throws {
        _ = try EveryType(counts: [UInt32](repeating: 1, count: 262_143)).encoded()
        let error = #expect(throws: WireError.self) { try EveryType(counts: [UInt32](repeating: 1, count: 262_144)).encoded() }
        #expect(error?.code == .tooLarge)
        #expect(error?.field == "rdrec.test.v1.EveryType.counts")
    }

    @Test func `many bytes are few fields`() throws {
        let message = EchoRequest(payload: [UInt8](repeating: 0, count: 5_000_000))
        #expect(try EchoRequest(decoding: message.encoded()) == message)
    }

    @Test func `a message that does not fit into the arena is too large to encode`() {
        let error = #expect(throws: WireError.self) { try EchoRequest(payload: [UInt8](repeating: 0, count: 64 << 20 + 1)).encoded() }
        #expect(error?.code == .tooLarge)
    }

    @Test func `a raw payload passes any bytes through`() throws {
        let bytes: [UInt8] = [0xff, 0, 0x80]
        let payload = try RawPayload(decoding: bytes)
        var scratch: [UInt8] = [1]
        try payload.encode(into: &scratch)
        #expect(scratch == bytes)
        #expect(try payload.encoded() == bytes)
    }

    @Test func `to enter a thread's arena within itself stops the process`() async {
        await #expect(processExitsWith: .failure) {
            let outer = Arena.enter()
            defer { outer.leave() }
            _ = try? Header(decoding: [])
        }
    }
}
