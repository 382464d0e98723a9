import EchoProtos
import Testing
import Wire

/// The limits on depth, fields and memory, each at its border.
@Suite struct LimitTests {
    private func code(_ frame: FrameWriter, _ limits: DecodingLimits = .standard) -> WireError.Code? {
        do throws(WireError) {
            _ = try EveryType(decoding: frame.bytes, limits: limits)
            return nil
        } catch { return error.code }
    }

    @Test func `nesting up to the limit is taken and one more is not`() throws {
        let bytes = try GenerateRationaleResponse(outcome: .rationale(Rationale(provenance: Provenance(modelName: "m")))).encoded()
        _ = try GenerateRationaleResponse(decoding: bytes, limits: DecodingLimits(maxDepth: 3))
        let error = #expect(throws: WireError.self) { try GenerateRationaleResponse(decoding: bytes, limits: DecodingLimits(maxDepth: 2)) }
        #expect(error?.code == .malformed(.depth))
        #expect(error?.field == "rdrec.v1.Rationale.provenance")
        #expect(throws: WireError.self) { try GetLoadRequest(decoding: [], limits: DecodingLimits(maxDepth: 0)) }
    }

    @Test func `20,000 messages within each other do not use up the stack`() throws {
        var frame = FrameWriter()
        for level in 0..<20_000 {
            // The schema has no recursive type: the levels within the second are an unknown field.
            let prefix = FrameWriter().tag(17, 2).raw(FrameWriter.varint(UInt64(frame.bytes.count))).bytes
            frame = FrameWriter(bytes: prefix + frame.bytes)
            if level == 0 { #expect(frame.bytes.count == 3) }
        }
        #expect(try EveryType(decoding: frame.bytes).inner == EveryType.Inner())
        let groups = FrameWriter(bytes: Array(repeating: 0x0b, count: 20_000))
        #expect(code(groups) == .malformed(.wireType))
    }

    @Test func `262,144 fields are taken and one more is not`() {
        let most = 262_144
        let one: [UInt8] = FrameWriter().varint(18, 5).bytes
        let unpacked = FrameWriter(bytes: (0..<most).flatMap { _ in one })
        #expect(code(unpacked) == nil)
        #expect(code(unpacked.raw(one)) == .malformed(.fieldCount))
    }

    @Test func `elements of packed fields and unknown fields count, and a packed field counts itself`() {
        let limits = DecodingLimits(maxFieldCount: 10)
        #expect(code(FrameWriter().bytes(18, Array(repeating: 1, count: 9)), limits) == nil)
        #expect(code(FrameWriter().bytes(18, Array(repeating: 1, count: 10)), limits) == .malformed(.fieldCount))
        #expect(code(FrameWriter().bytes(19, Array(repeating: 1, count: 80)), limits) == .malformed(.fieldCount))
        let unknown = FrameWriter(bytes: (0..<10).flatMap { _ in FrameWriter().varint(900, 1).bytes })
        #expect(code(unknown, limits) == nil)
        #expect(code(unknown.varint(900, 1), limits) == .malformed(.fieldCount))
    }

    @Test func `memory up to the cap is taken and what needs more is too large`() throws {
        let frame = FrameWriter().bytes(15, [UInt8](repeating: 7, count: 10_000))
        #expect(code(frame, DecodingLimits(maxArenaBytes: 11_000)) == nil)
        #expect(code(frame, DecodingLimits(maxArenaBytes: 9_999)) == .tooLarge)
        #expect(code(frame, DecodingLimits(maxArenaBytes: 0)) == .tooLarge)
        #expect(code(frame) == nil)
    }

    @Test func `a small frame that unpacks into more than 64 MiB is refused`() {
        // protobuf-c's struct of an empty sub-message takes many times its two bytes; 262,000 of them with the scratch space of the
        // scan stay below the cap, and unknown fields, which it copies one by one, too.
        let empty = FrameWriter().message(23, .init()).bytes
        #expect(code(FrameWriter(bytes: (0..<262_000).flatMap { _ in empty })) == nil)
        let small = DecodingLimits(maxArenaBytes: 8 << 20)
        #expect(code(FrameWriter(bytes: (0..<262_000).flatMap { _ in empty }), small) == .tooLarge)
    }

    @Test func `after a refusal the thread's arena serves the next message`() throws {
        for _ in 0..<100 {
            #expect(code(FrameWriter().bytes(15, [UInt8](repeating: 7, count: 200_000)), DecodingLimits(maxArenaBytes: 100)) == .tooLarge)
            #expect(try EveryType(decoding: EveryType(text: "ok").encoded()).text == "ok")
        }
    }

    @Test func `many tasks decode at once, each thread in its own arena`() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for seed in UInt64(0)..<32 {
                group.addTask {
                    var random = SeededRandom(seed: seed)
                    for _ in 0..<200 {
                        let message = EveryType.random(&random)
                        guard try EveryType(decoding: message.encoded()) == message else { return false }
                        await Task.yield()
                    }
                    return true
                }
            }
            for try await equal in group { #expect(equal) }
        }
    }
}
