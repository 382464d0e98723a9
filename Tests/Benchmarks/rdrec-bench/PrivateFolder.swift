import Foundation

/// Runs `body` with a new folder that only this user reaches, as servers ask of the place of their sockets, and removes it.
func withPrivateFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array(FileManager.default.temporaryDirectory.appendingPathComponent("rdrec-XXXXXX").path.utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
