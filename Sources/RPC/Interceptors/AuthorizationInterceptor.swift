package import Transport
internal import Wire

/// Lets a call through only if its caller has one of the roles that its method asks for.
package struct AuthorizationInterceptor: ServerInterceptor {
    private let rules: [String: Set<Role>]
    private let fallback: Set<Role>

    /// - Parameters:
    ///   - rules: by method (`/package.Service/Method`) or service (`/package.Service/`); a method's own rule goes before its service's.
    ///   - fallback: for methods without a rule.
    package init(rules: [String: Set<Role>], fallback: Set<Role>) {
        self.rules = rules
        self.fallback = fallback
    }

    package func intercept(_ call: ServerCall, next: @Sendable (ServerCall) async throws -> Void) async throws {
        let allowed = rules[call.method.path] ?? rules["/\(call.method.service)/"] ?? fallback
        guard !allowed.isDisjoint(with: call.peer.roles) else {
            let roles = allowed.map(\.rawValue).sorted().joined(separator: " or ")
            throw RPCError(
                .permissionDenied, "\(call.method.path) needs the role \(roles), which \(call.peer.name) does not have in the allow-list")
        }
        try await next(call)
    }
}
