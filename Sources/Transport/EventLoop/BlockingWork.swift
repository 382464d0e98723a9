/// Runs work that blocks on a thread made for it, so that Swift's pool goes on meanwhile.
package func onBlockingThread<Value: Sendable>(named name: String, _ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withUnsafeThrowingContinuation { continuation in
        OSThread(name: name) { continuation.resume(with: Result { try work() }) }.detach()
    }
}
