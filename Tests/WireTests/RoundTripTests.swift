import EchoProtos
import Testing
import Wire

/// Values that go to bytes and back come back equal.
@Suite struct RoundTripTests {
    @Test func `every message comes back as it went, for seeded random values`() throws {
        for (index, type) in randomisedTypes.enumerated() {
            var random = SeededRandom(seed: UInt64(index))
            for round in 0..<300 { try roundTrip(type, &random, round) }
        }
    }

    private func roundTrip<Message: Randomised>(_ type: Message.Type, _ random: inout SeededRandom, _ round: Int) throws {
        let message = Message.random(&random)
        let bytes = try message.encoded()
        #expect(try Message(decoding: bytes) == message, "\(Message.fullName), round \(round)")
    }

    @Test func `the random values reach every member of every oneof and every kind of field`() {
        var random = SeededRandom(seed: 1)
        var choices: Set<String> = []
        var repeated = 0
        for _ in 0..<300 {
            let message = EveryType.random(&random)
            choices.insert(message.choice.map { String("\($0)".prefix { $0 != "(" }) } ?? "none")
            if !message.inners.isEmpty, !message.colours.isEmpty, !message.weights.isEmpty, !message.blobs.isEmpty { repeated += 1 }
        }
        #expect(choices == ["number", "word", "nested", "yes", "shade", "raw", "none"])
        #expect(repeated > 0)
    }

    @Test func `the message with every field at its default is no bytes, and no bytes are it`() throws {
        for type in randomisedTypes { try emptyRoundTrip(type) }
    }

    private func emptyRoundTrip<Message: WireMessage>(_ type: Message.Type) throws {
        #expect(try Message().encoded() == [], "\(Message.fullName)")
        #expect(try Message(decoding: []) == Message(), "\(Message.fullName)")
    }

    @Test(arguments: [EveryType.Choice.number(0), .word(""), .nested(.init()), .yes(false), .shade(.unspecified), .raw([])])
    func `a oneof member at its default is still the member that is set`(_ choice: EveryType.Choice) throws {
        #expect(try EveryType(decoding: EveryType(choice: choice).encoded()).choice == choice)
    }

    @Test func `an empty sub-message is not the absence of one`() throws {
        #expect(try Header(decoding: Header(limits: Limits()).encoded()).limits == Limits())
        #expect(try Header(decoding: Header().encoded()).limits == nil)
    }

    @Test func `NaN and the sign of infinity survive`() throws {
        let message = EveryType(floatValue: .nan, doubleValue: -.infinity, weights: [.nan, -0.0])
        let copy = try EveryType(decoding: message.encoded())
        #expect(copy.floatValue.isNaN && copy.doubleValue == -.infinity && copy.weights[0].isNaN && copy.weights[1].sign == .minus)
    }

    @Test func `negative and unknown enum values are kept`() throws {
        let message = EveryType(colour: .negative, colours: [.negative, Colour(rawValue: 77), Colour(rawValue: .min)])
        #expect(try EveryType(decoding: message.encoded()) == message)
        #expect(message.colours[0].description == "COLOUR_NEGATIVE" && message.colours[1].description == "77")
    }

    @Test func `repeated numbers are taken packed, unpacked and mixed`() throws {
        let packed = FrameWriter().bytes(18, [1, 2, 0x83, 0x01])
        let mixed = FrameWriter().varint(18, 1).bytes(18, [2]).varint(18, 131)
        for frame in [packed, mixed] { #expect(try EveryType(decoding: frame.bytes).counts == [1, 2, 131]) }
        let hashes = FrameWriter().fixed32(26, 7).bytes(26, [8, 0, 0, 0, 9, 0, 0, 0])
        #expect(try EveryType(decoding: hashes.bytes).hashes == [7, 8, 9])
    }

    @Test func `unknown fields of every wire type are skipped`() throws {
        let frame = FrameWriter().varint(900, .max).fixed64(901, 1).bytes(902, [0xff, 0]).fixed32(903, 1).varint(1, 1)
        #expect(try Header(decoding: frame.bytes) == Header(version: 1))
    }

    @Test func `fields are taken in any order`() throws {
        let frame = FrameWriter().bytes(6, "/a.B/C").varint(4, 9).varint(1, 1)
        #expect(try Header(decoding: frame.bytes) == Header(version: 1, callID: 9, method: "/a.B/C"))
    }
}
