import Foundation

/// A new folder with mode 0700 and a short path, as sockets need it.
func makeTemporaryFolder() throws -> String {
    var template = Array("/tmp/rdrec-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func removeFolder(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
