internal import CProtobufC
internal import CProtos

/// Why bytes were not taken for a message, or a message could not be put into bytes.
package struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A rule of Protos/PROTOCOL.md, section 2.1, that bytes break.
    package enum Rule: String, Sendable, Hashable, CaseIterable {
        /// A value or a length runs past the end of its message.
        case truncated
        /// A tag or a length of more than 5 bytes or 32 bits, or another varint of more than 10 bytes.
        case varint
        /// The field number 0.
        case fieldNumber
        /// A group, a wire type that does not exist, or one that is not the declared field's.
        case wireType
        /// A packed field that is not a whole number of elements, or a packed bool other than 0 and 1.
        case packed
        /// A field that is not repeated comes twice.
        case duplicateField
        /// Two members of one oneof.
        case duplicateOneof
        /// A string that is not valid UTF-8.
        case utf8
        /// A string with a NUL in it.
        case nul
        /// Nested too deep.
        case depth
        /// Too many fields and packed elements.
        case fieldCount
        /// protobuf-c refused what the pre-scan let through.
        case refused
    }

    /// What kind of failure it is.
    package enum Code: Sendable, Hashable {
        /// The bytes break a rule.
        case malformed(Rule)
        /// The message needs more memory than `DecodingLimits.maxArenaBytes`, or has more fields than a receiver takes.
        case tooLarge
        /// The value has no encoding: a string with a NUL.
        case unencodable
    }

    /// What kind of failure it is.
    package var code: Code
    /// What is wrong, in words, without the place.
    package var message: String
    /// Where, in bytes from the start of the frame; nil when encoding, and where no single place is to blame.
    package var offset: Int?
    /// The full name of the message, and of its field where that is known: `rdrec.rpc.v1.Header.method`.
    package var field: String

    /// An error at `offset` in `field`.
    package init(_ code: Code, _ message: String, offset: Int? = nil, field: String) {
        self.code = code
        self.message = message
        self.offset = offset
        self.field = field
    }

    /// `rdrec.rpc.v1.Header.method, byte 12: not valid UTF-8`.
    package var description: String {
        let place = offset.map { ", byte \($0)" } ?? ""
        return "\(field)\(place): \(message)"
    }
}

extension WireError {
    /// What the C side found.
    init(_ finding: rd_finding, limits: DecodingLimits) {
        let (code, message) = WireError.meaning(finding.rule, limits)
        var field = finding.message.map { String(cString: $0.pointee.name) } ?? ""
        if let name = finding.field?.pointee.name { field += "." + String(cString: name) }
        self.init(code, message, offset: code == .tooLarge ? nil : finding.offset, field: field)
    }

    private static func meaning(_ rule: rd_rule, _ limits: DecodingLimits) -> (Code, String) {
        switch rule {
        case RD_TRUNCATED: (.malformed(.truncated), "runs past the end of its message")
        case RD_VARINT: (.malformed(.varint), "a varint that is too long")
        case RD_FIELD_NUMBER: (.malformed(.fieldNumber), "field number 0")
        case RD_WIRE_TYPE: (.malformed(.wireType), "a wire type that the field does not have")
        case RD_PACKED: (.malformed(.packed), "a packed field that is not made of whole elements")
        case RD_DUPLICATE: (.malformed(.duplicateField), "a field that is not repeated comes twice")
        case RD_ONEOF: (.malformed(.duplicateOneof), "a second member of its oneof")
        case RD_UTF8: (.malformed(.utf8), "not valid UTF-8")
        case RD_NUL: (.malformed(.nul), "a NUL in a string")
        case RD_DEPTH: (.malformed(.depth), "messages nested deeper than \(limits.maxDepth)")
        case RD_FIELD_COUNT: (.malformed(.fieldCount), "more than \(limits.maxFieldCount) fields and packed elements")
        case RD_ARENA: (.tooLarge, "needs more than \(limits.maxArenaBytes) bytes of memory when unpacked")
        default: (.malformed(.refused), "protobuf-c does not unpack it")
        }
    }
}
