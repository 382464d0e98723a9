import Glibc

/// Key files (PROTOCOL.md, section 9): the two lines `public-key Z85` and `secret-key Z85`, readable by their user alone.
extension KeyPair {
    private static let maximumFileBytes = 4096

    /// Reads a key file. Throws ``SecurityError/Code/keyFile`` when it is not a file of this user's that nobody else can read, when a line
    /// is wrong (with its number), and when the two keys do not belong together.
    package init(file path: String) throws(SecurityError) {
        let content: [UInt8]
        do {
            let file = try OwnedDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
            try Self.check(file.status(), path)
            guard let bytes = try file.readAll(limit: Self.maximumFileBytes) else {
                throw Self.wrong(path, "has more than \(Self.maximumFileBytes) bytes: this is no key file")
            }
            content = bytes
        } catch let error as SecurityError {
            throw error
        } catch {
            throw Self.wrong(path, "cannot read the key file, \(error)")
        }
        try self.init(content: content, path: path)
    }

    /// Writes a new key file with mode 0600. Throws ``SecurityError/Code/keyFile`` when something is at `path`: a key is never overwritten.
    package func write(to path: String) throws(SecurityError) {
        let file: OwnedDescriptor
        do {
            file = try OwnedDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        } catch {
            if error.code == EEXIST {
                throw Self.wrong(path, "is there already, and a key is not overwritten: remove it, or choose another path")
            }
            throw Self.wrong(path, "cannot create the key file, \(error)")
        }
        do {
            try file.writeAll(Array("public-key \(publicKey.text)\nsecret-key \(secretKey.text)\n".utf8))
            guard fsync(file.raw) == 0 else { throw SystemError("fsync") }
        } catch {
            unlink(path)
            throw Self.wrong(path, "cannot write the key file, \(error)")
        }
    }

    private static func check(_ status: stat, _ path: String) throws(SecurityError) {
        guard status.isRegularFile else { throw wrong(path, "is not a regular file") }
        if status.st_uid != geteuid() {
            throw wrong(path, "belongs to user \(status.st_uid) and this process is user \(geteuid()): chown \(geteuid()) \(path)")
        }
        if status.st_mode & 0o077 != 0 {
            throw wrong(path, "has mode \(status.permissions), so others may know the secret key: make a new pair, or chmod 600 \(path)")
        }
    }

    private init(content: [UInt8], path: String) throws(SecurityError) {
        var publicKey: PublicKey?
        var secretKey: SecretKey?
        for line in TextLines(content) {
            let words = line.words
            if words.isEmpty { continue }
            func wrongLine(_ message: String) -> SecurityError { Self.wrong("\(path):\(line.number)", message) }
            // The line itself is not shown: a secret key may stand anywhere in it.
            guard words.count == 2 else { throw wrongLine("a line is public-key or secret-key and 40 characters of Z85") }
            do throws(SecurityError) {
                switch words[0].text {
                case "public-key":
                    if publicKey != nil { throw wrongLine("a second public-key") }
                    publicKey = try PublicKey(words[1].text)
                case "secret-key":
                    if secretKey != nil { throw wrongLine("a second secret-key") }
                    secretKey = try SecretKey(words[1].text)
                default: throw wrongLine("a line starts with public-key or secret-key")
                }
            } catch {
                throw error.place == nil ? wrongLine(error.message) : error
            }
        }
        guard let publicKey else { throw Self.wrong(path, "the line public-key is missing") }
        guard let secretKey else { throw Self.wrong(path, "the line secret-key is missing") }
        self.init(secretKey: secretKey)
        if self.publicKey != publicKey { throw Self.wrong(path, "the public key does not belong to the secret key: make a new pair") }
    }

    private static func wrong(_ place: String, _ message: String) -> SecurityError {
        SecurityError(code: .keyFile, place: place, message: message)
    }
}
