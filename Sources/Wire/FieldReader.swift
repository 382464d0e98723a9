package import CProtobufC

/// What the generated initialisers call: each function copies one field of a struct that protobuf-c has unpacked after the pre-scan.
package enum FieldReader {
    /// A string. The pre-scan has seen that it is UTF-8; Swift looks again, and the two must agree.
    package static func string(_ text: UnsafeMutablePointer<CChar>?) throws(WireError) -> String {
        guard let text, text.pointee != 0 else { return "" }
        guard let string = String(validatingCString: text) else {
            throw WireError(.malformed(.utf8), "not valid UTF-8", field: "a string")
        }
        return string
    }

    /// Bytes.
    package static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data.data, count: data.len))
    }

    /// A sub-message; nil where there is none.
    package static func message<Message: WireMessage>(_ raw: UnsafeMutablePointer<Message.Raw>?) throws(WireError) -> Message? {
        guard let raw else { return nil }
        return try Message(raw.pointee)
    }

    /// Repeated numbers.
    package static func scalars<Element: BitwiseCopyable>(_ values: UnsafeMutablePointer<Element>?, _ count: Int) -> [Element] {
        Array(UnsafeBufferPointer(start: values, count: count))
    }

    /// Repeated booleans.
    package static func bools(_ values: UnsafeMutablePointer<protobuf_c_boolean>?, _ count: Int) -> [Bool] {
        UnsafeBufferPointer(start: values, count: count).map { $0 != 0 }
    }

    /// Repeated enum values; C's enums are ints.
    package static func enums<Value: WireEnum>(_ values: UnsafeMutableRawPointer?, _ count: Int) -> [Value] {
        UnsafeBufferPointer(start: values?.assumingMemoryBound(to: Int32.self), count: count).map { Value(rawValue: $0) }
    }

    /// Repeated strings.
    package static func strings(
        _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
    ) throws(WireError) -> [String] {
        guard count > 0 else { return [] }
        var strings: [String] = []
        strings.reserveCapacity(count)
        for value in UnsafeBufferPointer(start: values, count: count) { strings.append(try string(value)) }
        return strings
    }

    /// Repeated bytes.
    package static func byteArrays(_ values: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [[UInt8]] {
        UnsafeBufferPointer(start: values, count: count).map(bytes)
    }

    /// Repeated messages.
    package static func messages<Message: WireMessage>(
        _ values: UnsafeMutablePointer<UnsafeMutablePointer<Message.Raw>?>?, _ count: Int
    ) throws(WireError) -> [Message] {
        guard count > 0 else { return [] }
        var messages: [Message] = []
        messages.reserveCapacity(count)
        for value in UnsafeBufferPointer(start: values, count: count) {
            if let message: Message = try message(value) { messages.append(message) }
        }
        return messages
    }
}
