import CZeroMQ
import Testing
import Transport

@Suite struct KeyTests {
    @Test func `Z85 agrees with its specification and with libzmq`() throws {
        // The test vector of RFC 32.
        let bytes: [UInt8] = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]
        #expect(Z85.encode(bytes) == "HelloWorld")
        #expect(Z85.decode("HelloWorld".utf8) == bytes)
        var generator = SystemRandomNumberGenerator()
        for count in [0, 4, 8, 32, 64] {
            for _ in 0..<50 {
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                var text = [CChar](repeating: 0, count: count / 4 * 5 + 1)
                #expect(zmq_z85_encode(&text, bytes, bytes.count) != nil)
                #expect(Z85.encode(bytes) == cText(text))
                #expect(Z85.decode(Z85.encode(bytes).utf8) == bytes)
            }
        }
        #expect(Z85.encode([255, 255, 255, 255]) == "%nSc0")
    }

    @Test(arguments: ["a", "abcdef", "abcd ", "abcd\"", "abc\u{0}d", "%nSc1", "#####", "ab\u{e9}d"])
    func `What is no Z85 is not decoded`(text: String) {
        #expect(Z85.decode(text.utf8) == nil)
    }

    @Test func `Generated halves belong together and differ each time`() throws {
        var seen: Set<PublicKey> = []
        for _ in 0..<20 {
            let pair = KeyPair.generate()
            #expect(pair.publicKey.text.utf8.count == 40 && pair.secretKey.text.utf8.count == 40)
            #expect(pair.secretKey.publicKey == pair.publicKey)
            #expect(try PublicKey(pair.publicKey.text) == pair.publicKey)
            #expect(PublicKey(bytes: pair.publicKey.bytes) == pair.publicKey)
            seen.insert(pair.publicKey)
        }
        #expect(seen.count == 20)
    }

    @Test func `The public key of a secret key is the one that libzmq's manual shows`() throws {
        // From zmq_curve_public(3) and zmq_curve(7).
        let secret = try SecretKey("D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
        #expect(secret.publicKey.text == "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")
    }

    @Test(arguments: [0, 31, 33])
    func `Bytes of another count are no key`(count: Int) {
        #expect(PublicKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test(arguments: ["", "short", String(repeating: "a", count: 39), String(repeating: "a", count: 41), String(repeating: "~", count: 40)])
    func `What is no key is refused`(text: String) throws {
        let error = try #require(throws: SecurityError.self) { try PublicKey(text) }
        #expect(error.code == .key && error.message.contains("40 characters of Z85"))
        #expect(throws: SecurityError.self) { try SecretKey(text) }
    }

    @Test func `A secret key shows nowhere`() throws {
        let pair = KeyPair.generate()
        var dumped = ""
        dump(pair, to: &dumped)
        for text in ["\(pair)", "\(pair.secretKey)", String(reflecting: pair), String(reflecting: [pair.secretKey]), dumped] {
            #expect(!text.contains(pair.secretKey.text))
            #expect(!text.contains("\(pair.secretKey.bytes)"))
        }
        #expect(pair.secretKey.description == "<secret>")
        let wrong = pair.secretKey.text.dropLast() + "~~"
        let error = try #require(throws: SecurityError.self) { try SecretKey(String(wrong)) }
        #expect(!error.description.contains(pair.secretKey.text.prefix(20)))
    }
}
