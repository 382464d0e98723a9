/// What a peer may do.
package enum Role: String, Sendable, Hashable, CaseIterable {
    /// Calls the services.
    case client
    /// Takes work from the broker.
    case worker
    /// Changes and stops things.
    case admin
}

/// Who a peer is.
package struct PeerIdentity: Sendable, Hashable {
    /// From the allow-list: 1 to 64 characters `[A-Za-z0-9_.-]`.
    package let name: String
    package let roles: Set<Role>
    /// Nil where no CURVE is spoken.
    package let publicKey: PublicKey?

    package init(name: String, roles: Set<Role>, publicKey: PublicKey?) {
        self.name = name
        self.roles = roles
        self.publicKey = publicKey
    }

    /// The peer of an `ipc://` or in-process endpoint, who is this user, and of an insecure loopback one: every role.
    package static let local = PeerIdentity(name: "local", roles: Set(Role.allCases), publicKey: nil)
}
