import Testing
import Transport

@Suite struct ZAPTests {
    private let known = KeyPair.generate().publicKey
    private let list: AllowList

    init() throws {
        list = try AllowList(parsing: Array("\(known) a client".utf8), place: "list")
    }

    private func request(
        version: String = "1.0", domain: String = "rdrec", mechanism: String = "CURVE", credentials: [[UInt8]]
    ) -> [[UInt8]] {
        [version, "id-7", domain, "127.0.0.1", "routing", mechanism].map { Array($0.utf8) } + credentials
    }

    private func texts(_ answer: ZAP.Answer) -> [String] { answer.frames.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `A key of the list is admitted, and its text is the user id`() {
        let answer = ZAP.answer(request(credentials: [known.bytes]), allowList: list)
        #expect(answer.decision == .admitted(known))
        #expect(texts(answer) == ["1.0", "id-7", "200", "OK", known.text, ""])
    }

    @Test func `Everything else is denied with a status, a text and no user id`() {
        let cases: [([[UInt8]], ZAP.Denial, String)] = [
            (request(credentials: [KeyPair.generate().publicKey.bytes]), .unknownKey, "400"),
            (request(domain: "other", credentials: [known.bytes]), .domain, "400"),
            (request(domain: "", credentials: [known.bytes]), .domain, "400"),
            (request(mechanism: "NULL", credentials: []), .mechanism, "400"),
            (request(mechanism: "PLAIN", credentials: [Array("user".utf8), Array("password".utf8)]), .mechanism, "400"),
            (request(mechanism: "curve", credentials: [known.bytes]), .mechanism, "400"),
            (request(version: "1.1", credentials: [known.bytes]), .version, "500"),
            (request(credentials: []), .malformed, "500"),
            (request(credentials: [known.bytes, []]), .malformed, "500"),
            (request(credentials: [Array(known.bytes.dropLast())]), .malformed, "500"),
            (request(credentials: [Array(known.text.utf8)]), .malformed, "500"),
            (request(credentials: [[]]), .malformed, "500"),
        ]
        for (request, denial, status) in cases {
            let answer = ZAP.answer(request, allowList: list)
            #expect(answer.decision == .denied(denial))
            let frames = texts(answer)
            #expect(frames.count == 6 && frames[0] == "1.0" && frames[1] == "id-7" && frames[2] == status && !frames[3].isEmpty)
            #expect(frames[4] == "" && frames[5] == "")
        }
        #expect(Set(cases.map(\.1)) == Set(ZAP.Denial.allCases))
    }

    @Test func `A request that is cut or is none is answered all the same`() {
        let whole = request(credentials: [known.bytes])
        for count in 0..<whole.count {
            let answer = ZAP.answer(Array(whole.prefix(count)), allowList: list)
            #expect(answer.decision == .denied(.malformed))
            #expect(answer.frames.count == 6 && answer.frames[1] == (count > 1 ? whole[1] : []))
        }
        let noise = ZAP.answer((0..<7).map { _ in [0xFF, 0x00] }, allowList: list)
        #expect(noise.decision == .denied(.version) && noise.frames[1] == [0xFF, 0x00])
    }

    @Test func `An empty list admits nobody`() {
        #expect(ZAP.answer(request(credentials: [known.bytes]), allowList: AllowList()).decision == .denied(.unknownKey))
    }

    @Test func `The domain is the caller's to choose`() {
        let request = request(domain: "test", credentials: [known.bytes])
        #expect(ZAP.answer(request, domain: "test", allowList: list).decision == .admitted(known))
    }
}
