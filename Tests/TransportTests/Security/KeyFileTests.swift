import Foundation
import Testing
import Transport

@Suite struct KeyFileTests {
    private let folder: TemporaryFolder
    private let pair = KeyPair.generate()
    private var publicLine: String { "public-key \(pair.publicKey.text)" }
    private var secretLine: String { "secret-key \(pair.secretKey.text)" }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `What is written is read again, by its user alone`() throws {
        let path = folder.path("key")
        try pair.write(to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "\(publicLine)\n\(secretLine)\n")
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
        let read = try KeyPair(file: path)
        #expect(read.publicKey == pair.publicKey && read.secretKey.text == pair.secretKey.text)
    }

    @Test func `A key file is never overwritten, not even through a link`() throws {
        let path = folder.path("key")
        try pair.write(to: path)
        let error = try #require(throws: SecurityError.self) { try KeyPair.generate().write(to: path) }
        #expect(error.code == .keyFile && error.message.contains("not overwritten"))
        try #require(symlink(folder.path("elsewhere"), folder.path("link")) == 0)
        #expect(throws: SecurityError.self) { try pair.write(to: folder.path("link")) }
        #expect(!FileManager.default.fileExists(atPath: folder.path("elsewhere")))
        #expect(try KeyPair(file: path).publicKey == pair.publicKey)
    }

    @Test func `A missing folder is named`() throws {
        let error = try #require(throws: SecurityError.self) { try pair.write(to: folder.path("missing/key")) }
        #expect(error.place == folder.path("missing/key") && error.message.contains("No such file"))
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o777] as [mode_t])
    func `A file that others can use is refused, and the message says how to close it`(mode: mode_t) throws {
        let path = try folder.write("key", "\(publicLine)\n\(secretLine)\n", mode: mode)
        let error = try #require(throws: SecurityError.self) { try KeyPair(file: path) }
        #expect(error.message.contains("mode \(String(mode, radix: 8))") && error.message.contains("chmod 600 \(path)"))
    }

    @Test func `A read-only file is a key file too`() throws {
        let path = try folder.write("key", "\(publicLine)\n\(secretLine)\n", mode: 0o400)
        #expect(try KeyPair(file: path).publicKey == pair.publicKey)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func `A file of another user is refused`() throws {
        let path = try folder.write("key", "\(publicLine)\n\(secretLine)\n")
        try #require(chown(path, 65534, 65534) == 0)
        let error = try #require(throws: SecurityError.self) { try KeyPair(file: path) }
        #expect(error.message.contains("belongs to user 65534"))
    }

    @Test func `What is no regular file is refused without waiting for it`() throws {
        try #require(mkfifo(folder.path("fifo"), 0o600) == 0)
        for path in [folder.path("fifo"), folder.path, "/dev/null"] {
            let error = try #require(throws: SecurityError.self) { try KeyPair(file: path) }
            #expect(error.message.contains("not a regular file"), "\(error)")
        }
        let error = try #require(throws: SecurityError.self) { try KeyPair(file: folder.path("missing")) }
        #expect(error.message.contains("No such file"))
    }

    @Test func `Order, empty lines and ends of lines do not matter`() throws {
        for content in ["\(secretLine)\n\(publicLine)", "\r\n\(publicLine)\r\n\r\n  \(secretLine) \r\n"] {
            let path = try folder.write("key", content)
            #expect(try KeyPair(file: path).publicKey == pair.publicKey)
        }
    }

    @Test func `A line that is wrong is named by its number and never shown`() throws {
        let secret = pair.secretKey.text
        let cases = [
            ("\(publicLine)\nsecret-key \(secret)x", 2, "no secret key"),
            ("public-key x\n\(secretLine)", 1, "no public key"),
            ("\(publicLine)\n\n\(secretLine)\n\(secretLine)", 4, "second secret-key"),
            ("\(publicLine)\n\(publicLine)\n\(secretLine)", 2, "second public-key"),
            ("\(secret)", 1, "40 characters"),
            ("secret-key", 1, "40 characters"),
            ("\(secretLine) extra", 1, "40 characters"),
            ("secret \(secret)", 1, "starts with public-key or secret-key"),
        ]
        for (content, line, reason) in cases {
            let path = try folder.write("key", content)
            let error = try #require(throws: SecurityError.self) { try KeyPair(file: path) }
            #expect(error.code == .keyFile && error.place == "\(path):\(line)", "\(error)")
            #expect(error.message.contains(reason), "\(error)")
            #expect(!error.description.contains(secret))
        }
    }

    @Test func `Both keys must be there and belong together`() throws {
        let cases = [
            (publicLine, "secret-key is missing"), (secretLine, "public-key is missing"), ("", "public-key is missing"),
            ("public-key \(KeyPair.generate().publicKey.text)\n\(secretLine)", "does not belong"),
        ]
        for (content, reason) in cases {
            let path = try folder.write("key", content)
            let error = try #require(throws: SecurityError.self) { try KeyPair(file: path) }
            #expect(error.place == path && error.message.contains(reason), "\(error)")
        }
    }

    @Test func `Any bytes are refused without a crash`() throws {
        for content in [[0xFF, 0xFE, 0x00, 0x20, 0x0A], [UInt8](repeating: 0x0A, count: 5000), Array(0...255)] {
            let path = try folder.write("key", content)
            #expect(throws: SecurityError.self) { try KeyPair(file: path) }
        }
    }
}
