import Glibc

/// Who may connect by CURVE, and what they may do (PROTOCOL.md, section 9): a line for each, `PUBLIC-KEY NAME ROLE…`. A line whose first
/// character is `#` is a comment.
package struct AllowList: Sendable, Equatable {
    /// The greatest file that is read, some ten thousand keys.
    package static let maximumFileBytes = 1 << 20
    package static let maximumNameBytes = 64

    private var peers: [PublicKey: PeerIdentity] = [:]

    /// Nobody.
    package init() {}

    /// Throws ``SecurityError/Code/allowList`` for the first line that is wrong, with its number after `place`, and what to do.
    package init(parsing content: [UInt8], place: String) throws(SecurityError) {
        if content.count > Self.maximumFileBytes { throw Self.tooLong(place) }
        var names: [String: Int] = [:]
        var keys: [PublicKey: Int] = [:]
        for line in TextLines(content) {
            do throws(LineFault) {
                guard let peer = try Self.peer(of: line) else { continue }
                if let first = keys.updateValue(line.number, forKey: peer.key) {
                    throw LineFault("the key is in line \(first) already: give all its roles in one line")
                }
                if let first = names.updateValue(line.number, forKey: peer.identity.name) {
                    throw LineFault("the name \(peer.identity.name) is in line \(first) already: give each key a name of its own")
                }
                peers[peer.key] = peer.identity
            } catch {
                throw SecurityError(code: .allowList, place: "\(place):\(line.number)", message: error.message)
            }
        }
    }

    /// Reads a file. Throws as ``init(parsing:place:)``, and when it cannot be read or anybody can write it.
    package init(file path: String) throws(SecurityError) {
        let content: [UInt8]
        do {
            let file = try OwnedDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            if !status.isRegularFile { throw Self.wrong(path, "is not a regular file") }
            if status.st_mode & 0o002 != 0 {
                throw Self.wrong(path, "has mode \(status.permissions), so anybody can let anybody in: chmod o-w \(path)")
            }
            guard let bytes = try file.readAll(limit: Self.maximumFileBytes) else { throw Self.tooLong(path) }
            content = bytes
        } catch let error as SecurityError {
            throw error
        } catch {
            throw Self.wrong(path, "cannot read the allow-list, \(error)")
        }
        try self.init(parsing: content, place: path)
    }

    /// How many keys it has.
    package var count: Int { peers.count }

    package var keys: Set<PublicKey> { Set(peers.keys) }

    /// Who has this key; nil when it is not in the list.
    package func peer(_ key: PublicKey) -> PeerIdentity? { peers[key] }

    /// As ``peer(_:)`` for the key's Z85 text, which is ZAP's User-Id; nil also for a text that is no key.
    package func peer(userID: String) -> PeerIdentity? {
        (try? PublicKey(userID)).flatMap { peers[$0] }
    }

    private static func tooLong(_ path: String) -> SecurityError {
        wrong(path, "has more than \(maximumFileBytes) bytes: this is no allow-list, or one of too many keys")
    }

    private static func wrong(_ place: String, _ message: String) -> SecurityError {
        SecurityError(code: .allowList, place: place, message: message)
    }
}

private struct LineFault: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

extension AllowList {
    /// Nil for an empty line and for a comment.
    private static func peer(of line: TextLines.Line) throws(LineFault) -> (key: PublicKey, identity: PeerIdentity)? {
        let words = line.words
        guard let first = words.first else { return nil }
        // No key starts with #: as the first of five digits it makes a number above 32 bits.
        if line.bytes.first == UInt8(ascii: "#") { return nil }
        let key: PublicKey
        do {
            key = try PublicKey(first.text)
        } catch {
            throw LineFault("\(error.message); a line is PUBLIC-KEY NAME ROLE, as in KEY trainer client")
        }
        guard words.count >= 2 else { throw LineFault("the name is missing: a line is PUBLIC-KEY NAME ROLE") }
        let name = try name(words[1])
        return (key, PeerIdentity(name: name, roles: try roles(words[2...]), publicKey: key))
    }

    private static func name(_ word: TextLines.Word) throws(LineFault) -> String {
        guard word.bytes.count <= maximumNameBytes else {
            throw LineFault("the name \(quoted(word.text)) has \(word.bytes.count) bytes: it may have \(maximumNameBytes)")
        }
        guard word.bytes.allSatisfy({ isAlphanumeric($0) || "_.-".utf8.contains($0) }) else {
            throw LineFault("the name \(quoted(word.text)) has other characters than A-Z a-z 0-9 _ . -")
        }
        return word.text
    }

    private static func roles(_ words: ArraySlice<TextLines.Word>) throws(LineFault) -> Set<Role> {
        let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
        if words.isEmpty { throw LineFault("the role is missing: give at least one of \(known)") }
        var roles: Set<Role> = []
        for word in words {
            guard let role = Role(rawValue: word.text) else { throw LineFault("\(quoted(word.text)) is no role: the roles are \(known)") }
            guard roles.insert(role).inserted else { throw LineFault("the role \(word.text) stands twice: once is enough") }
        }
        return roles
    }
}
