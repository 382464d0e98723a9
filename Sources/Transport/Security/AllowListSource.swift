import Locks

/// An allow-list that can be read anew while it is in use. Safe from any thread; a lookup never waits for a file.
package final class AllowListSource: Sendable {
    /// The file it comes from; nil for a list that was given and never changes.
    package let path: String?
    private let list: Locked<AllowList>
    /// Held while a file is read, so that of two reloads the later one's list stays.
    private let reading = Locked(())

    /// Throws what ``AllowList/init(file:)`` throws.
    package init(file path: String) throws(SecurityError) {
        self.path = path
        list = Locked(try AllowList(file: path))
    }

    package init(_ list: AllowList) {
        path = nil
        self.list = Locked(list)
    }

    /// The list now.
    package var current: AllowList { list.withLock { $0 } }

    /// Reads the file again, which blocks, and gives the keys that are gone: their connections are to be ended. When the file cannot be
    /// read or does not parse it throws, and the old list stays. Does nothing for a list that was given.
    @discardableResult
    package func reload() throws(SecurityError) -> Set<PublicKey> {
        guard let path else { return [] }
        return try reading.withLock { (_) throws(SecurityError) -> Set<PublicKey> in
            let new = try AllowList(file: path)
            let old = list.withLock { list in
                defer { list = new }
                return list
            }
            return old.keys.subtracting(new.keys)
        }
    }
}
