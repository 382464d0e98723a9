import Testing
import Wire

/// The frames of PROTOCOL.md, section 10, which Google's protobuf has encoded.
@Suite struct GoldenFrameTests {
    static let epoch: UInt64 = 0x0123_4567_89ab_cdef

    static let review = Review(
        reviewID: "r1", userID: "u1", itemID: "i1", text: "Schön, but it broke.", rating: 2.5, timestampMs: 1_262_304_000_000)

    static let expected: [String: Header] = [
        "hello-client": Header(
            kind: .hello,
            limits: Limits(
                maxFrameBytes: 4_194_304, maxMetadataBytes: 16_384, initialCreditMessages: 64, initialCreditBytes: 1_048_576)),
        "hello-server": Header(
            kind: .hello,
            limits: Limits(
                maxFrameBytes: 4_194_304, maxCallsInFlight: 1_024, maxMetadataBytes: 16_384, heartbeatIntervalMs: 1_000,
                heartbeatLiveness: 3, initialCreditMessages: 64, initialCreditBytes: 1_048_576)),
        "call-unary": Header(
            kind: .call, callID: 1, method: "/rdrec.v1.Teacher/GenerateRationale", timeoutUs: 2_000_000,
            metadata: [
                Metadata(key: "traceparent", value: Array("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8)),
                Metadata(key: "idempotency-key", value: Array(0..<16)),
            ]),
        "call-streamed-requests": Header(kind: .call, callID: 2, method: "/rdrec.v1.Teacher/StreamRationales"),
        "call-empty-request": Header(kind: .call, callID: 3, method: "/rdrec.v1.Teacher/GetLoad"),
        "message-request": Header(kind: .message, callID: 2),
        "message-response": Header(kind: .message, callID: 2, sequence: 1),
        "half-close": Header(kind: .halfClose, callID: 2, messageCount: 300),
        "status-ok": Header(kind: .status, callID: 1),
        "status-stream-end": Header(
            kind: .status, callID: 2, metadata: [Metadata(key: "served-by", value: Array("w-1".utf8))], messageCount: 299),
        "status-resource-exhausted": Header(
            kind: .status, callID: 4, status: 8, statusMessage: "the queue is full",
            details: [Detail(type: "rdrec.rpc.v1.RetryInfo", value: [0x08, 0xfa, 0x01])]),
        "cancel": Header(kind: .cancel, callID: 2),
        "credit": Header(kind: .credit, callID: 2, creditMessages: 32, creditBytes: 524_288),
        "ping": Header(kind: .ping, sequence: 9),
        "pong": Header(kind: .pong, sequence: 9),
        "goaway": Header(kind: .goaway, status: 14, statusMessage: "the server is shutting down"),
        "bye": Header(kind: .bye, status: 13, statusMessage: "call_id 7 was used before"),
    ]

    @Test func `every golden header decodes to the value expected of it and encodes to the same bytes`() throws {
        let frames = try GoldenFrames.read("golden")
        #expect(Set(frames.map(\.name)) == Set(Self.expected.keys))
        for frame in frames {
            var header = try #require(Self.expected[frame.name])
            header.version = 1
            header.epoch = Self.epoch
            #expect(try Header(decoding: frame.header) == header, "\(frame.name)")
            #expect(try header.encoded() == frame.header, "\(frame.name)")
        }
    }

    @Test func `there is a golden frame of every kind`() throws {
        let kinds = try GoldenFrames.read("golden").map { try Header(decoding: $0.header).kind }
        #expect(Set(kinds) == Set(Kind.known).subtracting([.unspecified]))
    }

    @Test func `golden payloads decode to the value expected and encode to the same bytes`() throws {
        let payloads = Dictionary(uniqueKeysWithValues: try GoldenFrames.read("golden").map { ($0.name, $0) })
        func expect<Message: WireMessage>(_ name: String, _ message: Message) throws {
            let frame = try #require(payloads[name])
            #expect(frame.payloadType == Message.fullName)
            #expect(try Message(decoding: frame.payload) == message)
            #expect(try message.encoded() == frame.payload)
        }
        try expect("call-unary", GenerateRationaleRequest(review: Self.review, priority: .bulk))
        try expect("call-empty-request", GetLoadRequest())
        try expect("message-request", GenerateRationaleRequest(review: Self.review))
        try expect(
            "message-response",
            GenerateRationaleResponse(outcome: .error(ItemError(reviewID: "r1", status: 3, message: "empty review"))))
        try expect(
            "status-ok",
            GenerateRationaleResponse(
                outcome: .rationale(
                    Rationale(
                        reviewID: "r1", userID: "u1", itemID: "i1", userPreference: "The user wants things that last.",
                        itemAttributes: "The item is beautiful.",
                        provenance: Provenance(modelName: "SmolLM2-135M-Instruct", generatedTokens: 17)))))
        #expect(payloads.values.count { $0.payloadType != nil } == 5)
    }

    @Test func `every malformed header is refused by the rule that the page names`() throws {
        let frames = try GoldenFrames.read("malformed")
        #expect(frames.count > 10)
        for frame in frames {
            let error = #expect(throws: WireError.self) { try Header(decoding: frame.header) }
            let rule = try #require(WireError.Rule(rawValue: frame.name), "the page names a rule that Wire does not: \(frame.name)")
            #expect(error?.code == .malformed(rule))
        }
    }
}
