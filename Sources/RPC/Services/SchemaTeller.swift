package import Wire

/// `rdrec.rpc.v1.Descriptors`: the schema of what the server speaks, so that `rdrec call` works on methods it was built without.
package struct SchemaTeller: DescriptorsService {
    private let response: GetFileDescriptorSetResponse

    /// - Parameter methods: what the server answers beside this service.
    init(fileDescriptorSet: [UInt8], methods: [String]) {
        let own = DescriptorsMethods.getFileDescriptorSet.path
        response = GetFileDescriptorSetResponse(fileDescriptorSet: fileDescriptorSet, servedMethods: (methods + [own]).sorted())
    }

    package func getFileDescriptorSet(
        _ request: GetFileDescriptorSetRequest, _ call: ServerCall
    ) async throws -> GetFileDescriptorSetResponse { response }
}
