internal import CEchoProtos

/// The schema of the Echo service.
package enum EchoFileDescriptors {
    /// A packed google.protobuf.FileDescriptorSet of the Echo service's file and those it imports, without comments.
    package static var set: [UInt8] {
        var count = 0
        let bytes = rd_echo_file_descriptor_set(&count)
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
