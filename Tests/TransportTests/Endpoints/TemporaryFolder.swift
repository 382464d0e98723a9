import Foundation
import Testing

/// A folder of mode 0700 that is removed with its content at the end of its life. Its path is short enough for sockets.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/rdrec-test-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file with exactly `mode` and gives its path.
    @discardableResult
    func write(_ name: String, _ content: some Sequence<UInt8>, mode: mode_t = 0o600) throws -> String {
        let file = path(name)
        try Data(content).write(to: URL(fileURLWithPath: file))
        try #require(chmod(file, mode) == 0)
        return file
    }

    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        try write(name, text.utf8, mode: mode)
    }
}
