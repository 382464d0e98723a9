import Foundation
import Kernels
import LlamaModel
import ModelFiles
import Testing

/// What the default model takes when it is loaded.
@Suite struct LoadingTests {
    /// Bytes of a mapping that are in memory, as the kernel counts them.
    private func residentByteCount(of file: MappedFile) throws -> Int {
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps")), contents = try handle.readToEnd()
        let address = UInt(bitPattern: file.bytes.baseAddress)
        var isWithin = false
        for line in String(decoding: contents ?? Data(), as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " "), ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if ends.count == 2 { isWithin = ends[0] <= address && address < ends[1] }
            if isWithin, fields[0] == "Rss:" { return try #require(Int(fields[1])) * 1_024 }
        }
        throw Missing()
    }
    private struct Missing: Error {}

    @Test("The weights take little more than the file, and the file's own pages are given back")
    func resident() throws {
        let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: 2))
        let file = try GGUFFile(path: GoldenModel.path())
        let weights = try LlamaWeights(file, kernels: kernels), report = weights.report
        #expect(report.fileBytes == file.file.bytes.count && report.seconds > 0)
        // The embedding, a fifth of the file, is a layer too: weights are at most the file and it.
        #expect(report.weightBytes < report.fileBytes * 5 / 4, "\(report)")
        let mapped = try residentByteCount(of: file.file)
        #expect(mapped + report.weightBytes < report.fileBytes * 3 / 2, "\(mapped) bytes of the file are in memory")
    }
}
