import Glibc

/// A folder into which a command writes files.
enum OutputFolder {
    /// Makes the folder where it is not there.
    /// - Parameters:
    ///   - isForced: whether there may be something in it. Only files of the same names are written over then.
    ///   - names: of what may be in it all the same.
    /// - Throws: `CommandError`: `usage` for a folder in use, `system`.
    static func prepare(_ path: String, isForced: Bool, besides names: [String] = []) throws(CommandError) {
        guard mkdir(path, 0o777) != 0 else { return }
        guard errno == EEXIST, let folder = opendir(path) else {
            throw CommandError(.system, "cannot make the folder \(printable(path)): \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        let allowed = [".", ".."] + names
        while !isForced, let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !allowed.contains(name) {
                throw CommandError(.usage, "\(printable(path)) is not empty: --force writes into it all the same")
            }
        }
    }
}
