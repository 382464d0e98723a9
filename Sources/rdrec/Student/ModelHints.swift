import RPC
import Transport
import Wire

extension CommandError {
    /// A call that failed for want of a model's version, with what to do about it in a line of its own.
    /// - Parameter version: that was asked for; empty for the active one.
    init(_ error: RPCError, asking session: Session, for version: String) async {
        let plain = CommandError(error)
        guard [.notFound, .failedPrecondition].contains(error.code), let hint = await ModelHints.hint(session, version: version),
            !(hint == ModelHints.listed && plain.message.contains("rdrec models"))
        else {
            self = plain
            return
        }
        self.init(plain.code, "\(plain.message)\n  \(hint)")
    }
}

/// What to do where there is no version to answer.
enum ModelHints {
    /// - Parameter version: that was asked for; empty for the active one.
    /// - Returns: nil where versions are not what lacks, or nobody knows.
    static func hint(_ session: Session, version: String = "") async -> String? {
        guard let list = try? await ModelsClient(session.client).listModels(ListModelsRequest(), options: session.callOptions()) else {
            return nil
        }
        if list.models.isEmpty { return none }
        if version.isEmpty { return list.activeVersion.isEmpty ? "no version is active: rdrec activate VERSION makes one serve" : nil }
        return list.models.contains { $0.version == version } ? nil : listed
    }

    /// A server may say so itself.
    static let listed = "rdrec models lists the versions that there are"
    static let none = "there is no model yet: rdrec train makes one"
}
