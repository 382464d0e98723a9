import Foundation
import Testing
import Transport

@Suite struct AllowListTests {
    private let one = KeyPair.generate().publicKey
    private let two = KeyPair.generate().publicKey

    private func parse(_ text: String) throws(SecurityError) -> AllowList {
        try AllowList(parsing: Array(text.utf8), place: "list")
    }

    @Test func `A line gives a key its name and roles`() throws {
        let list = try parse("# who\n\n\(one) trainer-1 client admin\r\n\t\(two)  gpu.box_2\tworker \n#\(two) old client")
        #expect(list.count == 2 && list.keys == [one, two])
        #expect(list.peer(one) == PeerIdentity(name: "trainer-1", roles: [.client, .admin], publicKey: one))
        #expect(list.peer(userID: two.text) == PeerIdentity(name: "gpu.box_2", roles: [.worker], publicKey: two))
        #expect(list.peer(KeyPair.generate().publicKey) == nil)
        #expect(list.peer(userID: "") == nil && list.peer(userID: two.text + " ") == nil)
    }

    @Test(arguments: ["", "\n\n", "# nobody", "\(String(repeating: "#", count: 40))\n# nobody\n"])
    func `A list may be empty`(text: String) throws {
        #expect(try parse(text).count == 0)
    }

    @Test func `A line that is wrong is named by its number, with what to do`() throws {
        let cases = [
            ("\(one) a boss", 1, "\"boss\" is no role: the roles are client, worker, admin"),
            ("\(one) a Client", 1, "is no role"),
            ("\n\(one) a client client", 2, "stands twice"),
            ("\(one) a", 1, "role is missing"),
            ("# x\n\(one)", 2, "name is missing"),
            ("\(one) a client\n\(one) b worker", 2, "key is in line 1 already"),
            ("\(one) a client\n\n\(two) a worker", 3, "name a is in line 1 already"),
            ("\(one.text.dropLast()) a client", 1, "no public key"),
            ("\(one)x a client", 1, "no public key"),
            (" # indented", 1, "no public key"),
            ("\(one) \(String(repeating: "n", count: 65)) client", 1, "has 65 bytes: it may have 64"),
            ("\(one) a/b client", 1, "other characters"),
            ("\(one) é client", 1, "other characters"),
        ]
        for (text, line, reason) in cases {
            let error = try #require(throws: SecurityError.self) { try parse(text) }
            #expect(error.code == .allowList && error.place == "list:\(line)", "\(error)")
            #expect(error.message.contains(reason), "\(error)")
        }
        #expect(try parse("\(one) \(String(repeating: "n", count: 64)) client").count == 1)
    }

    @Test func `No key starts with #, so no key is lost as a comment`() {
        #expect(Z85.decode("#0000".utf8) == nil)
    }

    @Test func `Any bytes are refused without a crash`() throws {
        for content in [[0xFF], [0x00], Array(0...255), [0x23, 0xFF]] as [[UInt8]] {
            let list = try? AllowList(parsing: content, place: "list")
            #expect((list == nil) == (content.first != UInt8(ascii: "#")))
        }
    }

    @Test func `A file is at most so long`() throws {
        let folder = try TemporaryFolder()
        let comment = Array("#".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: AllowList.maximumFileBytes - 1)
        #expect(try AllowList(file: try folder.write("list", comment)).count == 0)
        let error = try #require(throws: SecurityError.self) { try AllowList(file: try folder.write("list", comment + [10])) }
        #expect(error.message.contains("1048576 bytes"))
        #expect(throws: SecurityError.self) { try AllowList(parsing: comment + [10], place: "list") }
    }

    @Test func `What others can write or is no file is refused`() throws {
        let folder = try TemporaryFolder()
        let open = try folder.write("open", "", mode: 0o666)
        let error = try #require(throws: SecurityError.self) { try AllowList(file: open) }
        #expect(error.message.contains("mode 666") && error.message.contains("chmod o-w \(open)"))
        try #require(mkfifo(folder.path("fifo"), 0o600) == 0)
        #expect(throws: SecurityError.self) { try AllowList(file: folder.path("fifo")) }
        let missing = try #require(throws: SecurityError.self) { try AllowList(file: folder.path("missing")) }
        #expect(missing.place == folder.path("missing") && missing.message.contains("No such file"))
    }

    @Test func `A local peer has every role and no key`() {
        #expect(PeerIdentity.local.roles == [.client, .worker, .admin] && PeerIdentity.local.publicKey == nil)
    }

    @Test func `A reload takes the new list and tells which keys are gone`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("list", "\(one) a client\n\(two) b worker\n")
        let source = try AllowListSource(file: path)
        #expect(try source.reload() == [])
        try folder.write("list", "\(two) b admin\n")
        #expect(source.current.count == 2)
        #expect(try source.reload() == [one])
        #expect(source.current.peer(one) == nil && source.current.peer(two)?.roles == [.admin])
    }

    @Test func `A reload that fails changes nothing`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("list", "\(one) a client\n")
        let source = try AllowListSource(file: path)
        try folder.write("list", "\(two) b client\nnonsense\n")
        let error = try #require(throws: SecurityError.self) { try source.reload() }
        #expect(error.place == "\(path):2")
        #expect(source.current.keys == [one])
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: SecurityError.self) { try source.reload() }
        #expect(source.current.keys == [one])
    }

    @Test func `A list that was given does not change`() throws {
        let source = AllowListSource(try parse("\(one) a client"))
        #expect(try source.reload() == [] && source.current.count == 1)
    }

    @Test func `Lookups and reloads from many tasks agree`() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("list", "\(one) a client\n\(two) b worker\n")
        let source = try AllowListSource(file: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { [one, two] in
                    for _ in 0..<50 {
                        if task == 0 { try source.reload() }
                        #expect(source.current.keys == [one, two])
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
