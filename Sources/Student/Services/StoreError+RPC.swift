package import RPC
package import Store
internal import Transport

extension RPCError {
    /// The status that a store's failure becomes.
    package init(_ error: StoreError) {
        switch error.code {
        case .notFound: self.init(.notFound, error.message)
        case .invalid: self.init(.invalidArgument, error.message)
        case .full: self = .tryLater(.resourceExhausted, error.message, retryAfter: .seconds(5))
        case .corrupt: self.init(.dataLoss, error.message)
        case .inUse: self = .tryLater(.unavailable, error.message, retryAfter: .seconds(1))
        case .cancelled: self.init(.cancelled, error.message)
        case .io: self.init(.internal, error.message)
        }
    }
}

/// Runs `body` and makes the call's status of what the store throws.
func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as StoreError {
        throw RPCError(error)
    }
}
