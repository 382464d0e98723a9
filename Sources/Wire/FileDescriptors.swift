internal import CProtos

/// The schema itself, as `rdrec.rpc.v1.Descriptors` hands it out.
package enum FileDescriptors {
    /// A packed google.protobuf.FileDescriptorSet of every file of the product, each after those it imports, without comments.
    package static var set: [UInt8] {
        var count = 0
        let bytes = rd_file_descriptor_set(&count)
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
