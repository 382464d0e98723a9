import Glibc
import Wire

/// The rationales that a job has written, a JSON object a line.
struct RationaleFile: Sendable {
    let file: AppendFile
    /// The reviews that have one.
    let done: Set<String>

    /// Opens the file of a job that begins, or goes on after any end. A last line that was not written whole is cut off.
    /// - Throws: `CommandError`, `usage` for a file of something else.
    static func open(_ path: String, json: OwnJSON) async throws -> RationaleFile {
        try await BlockingQueue("rationales").run {
            let file = try AppendFile(path)
            var reader = try LineReader(path: path, takesTornLine: false), done: Set<String> = [], whole = 0
            while let line = try reader.next() {
                do {
                    done.insert(try json.message(Rationale.self, from: line, place: reader.place).reviewID)
                } catch {
                    // After a loss of power the end of a file may hold anything; but a file that does not begin as ours is somebody else's.
                    if try reader.next() != nil || done.isEmpty { throw error }
                    break
                }
                whole = reader.offset
            }
            if whole == 0 { try requireOurs(path) }
            try file.truncate(to: whole)
            return RationaleFile(file: file, done: done)
        }
    }

    /// A file without one whole line of ours is cut to nothing only where what it has may be the beginning of such a line.
    private static func requireOurs(_ path: String) throws(CommandError) {
        var reader = try LineReader(path: path)
        let beginning = Array("{\"reviewId\"".utf8)
        guard let first = try reader.next(), !first.starts(with: beginning), !beginning.starts(with: first) else { return }
        throw CommandError(.usage, "\(printable(path)) holds no rationales but something else, and is left as it is")
    }

    /// Reviews are read from one file and rationales added to another: what is written would be cut off, or read as a review.
    static func requireDifferent(_ reviews: String, _ out: String) throws(CommandError) {
        var one = stat(), other = stat()
        guard stat(reviews, &one) == 0, stat(out, &other) == 0, one.st_dev == other.st_dev, one.st_ino == other.st_ino else { return }
        throw CommandError(.usage, "--file and --out are one file, \(printable(reviews))")
    }
}
