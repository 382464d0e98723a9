import EchoProtos
import Wire

// The libFuzzer target for the pre-scan and what follows it. In the package only with RDREC_FUZZ=1 (Tests/Fuzz/run.sh), since libFuzzer
// brings the `main`.

private let types: [any WireMessage.Type] = [Header.self, EveryType.self, GenerateRationaleResponse.self, IngestRecord.self, Job.self]

/// One input: the first byte chooses the type, the rest is the frame. What is taken must encode and decode to itself, and protobuf-c must
/// never refuse what the pre-scan has let through.
@_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 0 else { return 0 }
    let type = types[Int(data[0]) % types.count]
    check(type, UnsafeRawBufferPointer(start: data + 1, count: count - 1))
    return 0
}

private func check<Message: WireMessage>(_ type: Message.Type, _ frame: UnsafeRawBufferPointer) {
    do throws(WireError) {
        let message = try Message(decoding: frame, limits: DecodingLimits(maxArenaBytes: 1 << 20))
        // Compared as bytes: a NaN is not equal to itself.
        let bytes = try message.encoded()
        let again = try Message(decoding: bytes).encoded()
        precondition(again == bytes, "\(Message.fullName) encodes differently the second time")
    } catch {
        switch error.code {
        case .malformed(.refused): preconditionFailure("protobuf-c refuses what the pre-scan takes: \(error)")
        case .unencodable: preconditionFailure("what was decoded does not encode: \(error)")
        default: break
        }
    }
}
