import EchoProtos
import Glibc
import Wire

// Decodes and encodes again what it is told, for Tests/Interop/differential: the other half of each comparison with Google's protobuf.
//
// Standard input: any number of { u32 length, full name of a message, u32 length, its bytes }, little-endian.
// Standard output: for each { u8 0, u32 length, the bytes encoded again } or { u8 1, u32 length, why it was refused }.

/// Standard input, a block at a time, and standard output, written before waiting for more input.
struct Pipes {
    private var buffer: [UInt8] = []
    private var position = 0
    private var answers: [UInt8] = []

    /// The next `count` bytes; nil at the end of the input.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        while buffer.count - position < count {
            if position > 0 {
                buffer.removeFirst(position)
                position = 0
            }
            flush()
            var block = [UInt8](repeating: 0, count: 1 << 16)
            let got = read(STDIN_FILENO, &block, block.count)
            guard got > 0 else { return nil }
            buffer.append(contentsOf: block[..<got])
        }
        defer { position += count }
        return buffer[position..<(position + count)]
    }

    /// The next length-prefixed bytes.
    mutating func takeCounted() -> ArraySlice<UInt8>? {
        guard let prefix = take(4) else { return nil }
        return take(Int(prefix.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
    }

    /// One answer.
    mutating func put(_ status: UInt8, _ bytes: [UInt8]) {
        answers.append(status)
        for shift in [0, 8, 16, 24] { answers.append(UInt8(truncatingIfNeeded: bytes.count >> shift)) }
        answers.append(contentsOf: bytes)
    }

    private mutating func flush() {
        var rest = answers[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard sent > 0 else { exit(1) }
            rest = rest.dropFirst(sent)
        }
        answers.removeAll(keepingCapacity: true)
    }
}

func mirrored<Message: WireMessage>(_ type: Message.Type, _ bytes: ArraySlice<UInt8>) throws(WireError) -> [UInt8] {
    let message = try Message(decoding: Array(bytes))
    // Once more through every field: what is read is what was written.
    let encoded = try message.encoded()
    return try Message(decoding: encoded).encoded()
}

let types = Dictionary(uniqueKeysWithValues: (MessageTypes.all + EchoMessageTypes.all).map { ($0.fullName, $0) })
var pipes = Pipes()
while let name = pipes.takeCounted(), let bytes = pipes.takeCounted() {
    let name = String(decoding: name, as: UTF8.self)
    guard let type = types[name] else {
        let complaint = Array("wire-mirror: no message is called \(name)\n".utf8)
        _ = write(STDERR_FILENO, complaint, complaint.count)
        exit(2)
    }
    do throws(WireError) {
        pipes.put(0, try mirrored(type, bytes))
    } catch {
        pipes.put(1, Array(error.description.utf8))
    }
}
