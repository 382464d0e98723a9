/// Anything that can be a payload frame: the messages of the schema, or bytes of a message that this program does not know.
package protocol WirePayload: Sendable {
    /// Takes the bytes of one frame. They are copied; the buffer may go afterwards. Safe on any thread, one at a time on each.
    init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(WireError)

    /// The bytes of one frame. No bytes is the message with every field at its default.
    func encoded() throws(WireError) -> [UInt8]

    /// Replaces the contents of `scratch` by the bytes of one frame and keeps its capacity: where that suffices nothing is allocated.
    /// After an error the contents are undefined.
    func encode(into scratch: inout [UInt8]) throws(WireError)

    /// The full name of the message in the schema, `rdrec.rpc.v1.Header`; empty where it is not known.
    static var fullName: String { get }
}

extension WirePayload {
    /// Takes the bytes of one frame.
    package init(decoding bytes: [UInt8], limits: DecodingLimits = .standard) throws(WireError) {
        let outcome = bytes.withUnsafeBytes { buffer in
            Result { () throws(WireError) in try Self(decoding: buffer, limits: limits) }
        }
        self = try outcome.get()
    }

    /// The bytes of one frame, in an array of their own.
    package func encoded() throws(WireError) -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(into: &bytes)
        return bytes
    }
}

/// A payload that passes through untouched: what proxies and clients without the schema send and receive. Nothing is checked.
package struct RawPayload: WirePayload, Hashable {
    /// The packed message.
    package var bytes: [UInt8]

    /// A payload of these bytes.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Copies the bytes, whatever they are.
    package init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(WireError) { self.bytes = Array(bytes) }

    /// The bytes themselves.
    package func encoded() throws(WireError) -> [UInt8] { bytes }

    /// Copies the bytes into `scratch`.
    package func encode(into scratch: inout [UInt8]) throws(WireError) {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: bytes)
    }

    /// Empty: the type is not known.
    package static var fullName: String { "" }
}
