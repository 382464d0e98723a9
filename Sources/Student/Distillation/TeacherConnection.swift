package import RPC
internal import Store
internal import Transport
internal import Wire

/// A teacher's daemon that distillation has rationales written by.
package struct TeacherConnection: Sendable {
    /// Its endpoint, for people.
    package let name: String
    let teacher: TeacherClient

    package init(name: String, client: RPCClient) {
        self.name = name
        teacher = TeacherClient(client)
    }

    private static let modelTimeout = Duration.seconds(10)

    /// Which teacher it is now.
    /// - Throws: `RPCError`; FAILED_PRECONDITION for an answer that names none, which an update of the teacher mends.
    func identity() async throws -> TeacherIdentity {
        let model = try await teacher.getModel(GetModelRequest(), options: CallOptions(timeout: Self.modelTimeout))
        // A teacher's version is that of its prompt.
        guard !model.digest.isEmpty, !model.version.isEmpty else {
            throw RPCError(.failedPrecondition, "it tells neither its model's digest nor its prompt's version: update it")
        }
        return TeacherIdentity(modelDigest: model.digest, promptVersion: model.version, modelName: model.name)
    }
}
