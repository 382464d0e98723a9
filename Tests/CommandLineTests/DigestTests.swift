import Testing
import rdrec

@Suite struct DigestTests {
    /// From FIPS 180-4's examples, and of every length around the end of a block against the same in other pieces.
    @Test func `The digest is SHA-256`() {
        func digest(_ pieces: [[UInt8]]) -> String {
            var digest = Sha256()
            for piece in pieces { digest.update(piece) }
            return digest.finished()
        }
        #expect(digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(digest([Array("abc".utf8)]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(digest([Array(two.utf8)]) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        #expect(
            digest(Array(repeating: million, count: 100)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        for count in 50...140 {
            let bytes = (0..<count).map { UInt8($0) }
            #expect(digest([bytes]) == digest(bytes.map { [$0] }))
        }
    }
}
