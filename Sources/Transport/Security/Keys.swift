import CZeroMQ

/// The public half of a CURVE key: who somebody is.
package struct PublicKey: Sendable, Hashable, CustomStringConvertible {
    /// 40 characters of Z85, as in allow-lists and key files.
    package let text: String
    /// 32 bytes, as ZeroMQ's options and ZAP's credentials have them.
    package let bytes: [UInt8]

    /// Throws ``SecurityError/Code/key`` when `text` is not 40 characters of Z85.
    package init(_ text: String) throws(SecurityError) {
        guard let bytes = keyBytes(text) else {
            throw SecurityError(
                code: .key, place: nil,
                message: "\(quoted(text)) is no public key: it has 40 characters of Z85, as the line public-key of a key file")
        }
        self.text = text
        self.bytes = bytes
    }

    /// The key of 32 bytes; nil for another count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        text = Z85.encode(bytes)
        self.bytes = bytes
    }

    package var description: String { text }

    package static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// The secret half of a CURVE key. No description, dump or error shows it.
package struct SecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// 40 characters of Z85. For key files and nothing else.
    package let text: String
    /// 32 bytes, as ZeroMQ's options have them.
    package let bytes: [UInt8]

    /// Throws ``SecurityError/Code/key`` when `text` is not 40 characters of Z85; the message does not repeat them.
    package init(_ text: String) throws(SecurityError) {
        guard let bytes = keyBytes(text) else {
            throw SecurityError(
                code: .key, place: nil, message: "this is no secret key: it has 40 characters of Z85, as the line secret-key of a key file")
        }
        self.text = text
        self.bytes = bytes
    }

    package var description: String { "<secret>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The public key that belongs to it.
    package var publicKey: PublicKey {
        var buffer = [CChar](repeating: 0, count: 41)
        precondition(zmq_curve_public(&buffer, text) == 0, "libzmq was built without CURVE")
        return PublicKey(z85: buffer)
    }
}

/// A CURVE key pair whose halves belong together.
package struct KeyPair: Sendable {
    package let publicKey: PublicKey
    package let secretKey: SecretKey

    package init(secretKey: SecretKey) {
        self.secretKey = secretKey
        publicKey = secretKey.publicKey
    }

    /// A new random pair.
    package static func generate() -> KeyPair {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = [CChar](repeating: 0, count: 41)
        precondition(zmq_curve_keypair(&publicText, &secretText) == 0, "libzmq was built without CURVE")
        guard let secret = try? SecretKey(asciiText(secretText)) else { preconditionFailure("libzmq made a key that is none") }
        return KeyPair(secretKey: secret)
    }
}

extension PublicKey {
    fileprivate init(z85 buffer: [CChar]) {
        guard let bytes = keyBytes(asciiText(buffer)), let key = PublicKey(bytes: bytes) else {
            preconditionFailure("libzmq made a key that is none")
        }
        self = key
    }
}

private func keyBytes(_ text: String) -> [UInt8]? {
    text.utf8.count == 40 ? Z85.decode(text.utf8) : nil
}

/// The text before the NUL.
private func asciiText(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
