import Glibc

/// The directory that holds the sockets of this user's daemons. Who can enter it is that user, and has every right on the daemons in it;
/// so it has mode 0700 and belongs to the user, or it is refused.
package struct RuntimeDirectory: Sendable, Hashable {
    /// Without a slash at its end.
    package let path: String

    /// What the choice of the default depends on.
    package struct Surroundings: Sendable {
        package var environment: [String: String]
        /// The effective user id.
        package var uid: UInt32
        /// Whether this user may create directories in /run.
        package var runIsWritable: Bool

        package init(environment: [String: String], uid: UInt32, runIsWritable: Bool) {
            self.environment = environment
            self.uid = uid
            self.runIsWritable = runIsWritable
        }

        /// This process's, with the environment its caller has read.
        package static func ofProcess(environment: [String: String]) -> Self {
            Self(environment: environment, uid: geteuid(), runIsWritable: access("/run", W_OK) == 0)
        }
    }

    /// The default: `$RDREC_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/rdrec`, else `/run/rdrec` for root where /run can be written, else
    /// `/tmp/rdrec-UID`. Nothing is created or looked at. An empty variable counts as unset, and so does, as its specification asks, an
    /// `XDG_RUNTIME_DIR` that is not absolute; a relative `RDREC_RUNTIME_DIR` is an error.
    package static func defaultPath(in surroundings: Surroundings) throws(EndpointError) -> String {
        if let path = surroundings.environment["RDREC_RUNTIME_DIR"], !path.isEmpty {
            guard path.utf8.first == UInt8(ascii: "/") else {
                throw EndpointError(code: .directory, place: "RDREC_RUNTIME_DIR", message: "\(quoted(path)) is not an absolute path")
            }
            return path
        }
        if let path = surroundings.environment["XDG_RUNTIME_DIR"], path.utf8.first == UInt8(ascii: "/") {
            return withoutTrailingSlashes(path) + "/rdrec"
        }
        if surroundings.uid == 0 && surroundings.runIsWritable { return "/run/rdrec" }
        return "/tmp/rdrec-\(surroundings.uid)"
    }

    /// The directory at `path`, created with mode 0700 when it is missing (its parent must exist) and checked in any case.
    package init(creating path: String) throws(EndpointError) {
        let path = Self.withoutTrailingSlashes(path)
        if mkdir(path, 0o700) != 0 {
            let error = SystemError("mkdir")
            if error.code != EEXIST {
                throw Self.refused(path, "cannot create this directory for sockets, \(error): name another in RDREC_RUNTIME_DIR")
            }
        }
        try self.init(existing: path)
    }

    /// The directory at `path`, checked.
    package init(existing path: String) throws(EndpointError) {
        self.path = Self.withoutTrailingSlashes(path)
        try Self.check(self.path)
    }

    /// The endpoint of a socket in it. Throws when the path is too long for a socket.
    package func endpoint(named name: String) throws(EndpointError) -> Endpoint {
        try Endpoint(ipcPath: "\(path == "/" ? "" : path)/\(name)")
    }

    /// Looks at the directory itself by its descriptor, so that nobody exchanges it between two looks.
    private static func check(_ path: String) throws(EndpointError) {
        do {
            if let status = try linkStatus(path), status.isSymbolicLink {
                throw refused(path, "is a symbolic link, and a socket's directory must not be: name the directory itself")
            }
            let status = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).status()
            let uid = geteuid()
            if status.st_uid != uid {
                throw refused(path, "belongs to user \(status.st_uid) and this process is user \(uid): use a directory of your own")
            }
            if status.st_mode & 0o077 != 0 {
                throw refused(path, "has mode \(status.permissions), so others can reach the sockets in it: chmod 700 \(path)")
            }
        } catch let error as EndpointError {
            throw error
        } catch {
            throw refused(path, "cannot be used as a socket's directory, \(error)")
        }
    }

    private static func refused(_ path: String, _ message: String) -> EndpointError {
        EndpointError(code: .directory, place: path, message: message)
    }

    /// A slash at the end would make the system follow a symbolic link.
    private static func withoutTrailingSlashes(_ path: String) -> String {
        var bytes = path.utf8[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
