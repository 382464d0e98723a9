import RPC
import Reflection
import Transport
import Wire

/// What a server says of itself by `rdrec.rpc.v1.Descriptors`.
struct ServerSchema: Sendable {
    /// A method and the pool that has its types.
    struct Entry: Sendable {
        let method: MethodDescriptor
        let pool: DescriptorPool
    }

    /// Paths, sorted.
    let servedMethods: [String]
    private let pool: DescriptorPool

    /// Asks the server.
    static func read(_ session: Session) async throws -> ServerSchema {
        let response: GetFileDescriptorSetResponse
        do {
            response = try await session.client.unary(
                DescriptorsMethods.getFileDescriptorSet, GetFileDescriptorSetRequest(), options: session.callOptions())
        } catch let error as RPCError where error.code == .unimplemented {
            throw RPCError(.unimplemented, "the server does not tell its schema: \(error.message)", details: error.details)
        }
        do {
            let pool = try DescriptorPool(fileDescriptorSet: response.fileDescriptorSet)
            return ServerSchema(servedMethods: response.servedMethods, pool: pool)
        } catch {
            throw RPCError(.internal, "the server's schema cannot be read: \(error)")
        }
    }

    /// A served method, or one that the server describes without serving it; nil for any other.
    private func find(_ path: String) -> Entry? {
        pool.method(path).map { Entry(method: $0, pool: pool) }
    }

    /// The method of a path, whose messages have JSON.
    /// - Throws: `CommandError` with `usage`, naming those near it.
    func method(_ path: String) throws(CommandError) -> Entry {
        guard let entry = find(path) else {
            let near = pool.methodsNear(path).filter { servedMethods.contains($0) }.prefix(3)
            let hint = near.isEmpty ? "rdrec list shows those there are" : "did you mean \(near.joined(separator: " or "))?"
            throw CommandError(.usage, "the server has no method \(printable(path)): \(hint)")
        }
        // A template is refused for the same reasons as a message, and better before the call than after it.
        for type in [entry.method.inputType, entry.method.outputType] {
            do {
                _ = try entry.pool.template(of: type)
            } catch {
                throw CommandError(.usage, "\(entry.method.path) cannot be called with JSON: \(error)")
            }
        }
        return entry
    }

    /// Served methods whose path contains `part`, in any case; all where it is nil. One that no schema has comes without an entry.
    func served(containing part: String?) -> [(path: String, entry: Entry?)] {
        let part = part?.lowercased() ?? ""
        return servedMethods.filter { part.isEmpty || $0.lowercased().contains(part) }.map { ($0, find($0)) }
    }
}

extension MethodDescriptor {
    /// What calls of it need.
    var info: MethodInfo {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        let kind: CallKind =
            switch (clientStreaming, serverStreaming) {
            case (false, false): .unary
            case (false, true): .serverStream
            case (true, false): .clientStream
            case (true, true): .bidirectional
            }
        let idempotency: Idempotency =
            switch idempotencyLevel {
            case .unknown: .unknown
            case .noSideEffects: .noSideEffects
            case .idempotent: .idempotent
            }
        return MethodInfo(
            service: parts.first ?? "", name: parts.last ?? "", kind: kind, idempotency: idempotency, requestType: inputType,
            responseType: outputType)
    }

    /// `/rdrec.v1.Teacher/Complete  (CompleteRequest) -> stream CompleteChunk`: types of the service's package go by their name alone.
    var line: String {
        let service = path.split(separator: "/").first ?? ""
        let package = service.lastIndex(of: ".").map { service[...$0] } ?? ""
        func short(_ type: String) -> String { type.hasPrefix(package) ? String(type.dropFirst(package.count)) : type }
        let request = (clientStreaming ? "stream " : "") + short(inputType)
        let response = (serverStreaming ? "stream " : "") + short(outputType)
        return "\(path)  (\(request)) -> \(response)"
    }
}
