import Datasets
import Foundation
import Testing
import Wire

@Suite struct CompressionTests {
    private static let count = 8_000
    /// Lines that do not compress well, so that damage lies between them.
    private static let content: [UInt8] = {
        var random = Random(seed: 1), content: [UInt8] = []
        for index in 0..<count { content += Array("{\"user\": \"u\(index)\", \"item\": \"\(random.next())-\(random.next())\"}\n".utf8) }
        return content
    }()
    private static let format = DatasetFormat.jsonLines(FieldNames(), .automatic)

    private func reading(zip: Bool, _ damage: (inout [UInt8]) -> Void) throws -> Reading {
        try withTemporaryFolder { folder in
            let path = folder + "/data"
            try archive([("inner.jsonl", Self.content)], to: path, zip: zip)
            var content = try bytes(of: path)
            damage(&content)
            try write(content, to: path)
            return Reading(Self.format, path: path)
        }
    }

    @Test(arguments: [false, true]) func `What is compressed comes as what is not`(_ zip: Bool) throws {
        let plain = try Reading(Self.format, Self.content)
        let compressed = try reading(zip: zip) { _ in }
        #expect(compressed.error == nil && compressed.records.count == Self.count)
        #expect(compressed.records == plain.records && compressed.lines == Array(1...Self.count))
    }

    @Test(arguments: [1, 9, 5_000, 50_000]) func `A gzip that ends too early is told behind what it had`(_ missing: Int) throws {
        let reading = try reading(zip: false) { $0.removeLast(missing) }
        let error = try #require(reading.error)
        #expect(error.code == .unreadable && error.message.hasPrefix("cannot read "))
        #expect(error.message.contains("/data: ") && error.message.hasSuffix(", after line \(reading.records.count)"))
        #expect(error.message.contains("the compressed data ends too early"))
        // All that stands before is given out; of the last line it is told only that it was cut.
        let lost = missing * 3 / 50 + 1
        #expect(reading.faults.isEmpty && reading.records.count >= Self.count - lost)
    }

    @Test func `A gzip that is damaged in the middle is told`() throws {
        let reading = try reading(zip: false) { content in
            var random = Random(seed: 2)
            for index in content.count / 2..<content.count / 2 + 4_000 { content[index] = UInt8(truncatingIfNeeded: random.next()) }
        }
        let error = try #require(reading.error)
        #expect(error.code == .unreadable && error.message.contains("gzip decompression failed"))
        #expect(reading.records.count > Self.count / 4 && error.message.contains(", after line "))
    }

    @Test func `A gzip whose checksum or length does not fit is told, behind all it had`() throws {
        for offset in 1...8 {
            let reading = try reading(zip: false) { $0[$0.count - offset] ^= 0x10 }
            let error = try #require(reading.error)
            #expect(error.message.contains("incorrect \(offset <= 4 ? "length" : "data") check"), "\(error)")
            #expect(reading.records.count == Self.count)
        }
    }

    @Test func `Gzips after each other are one, zeros behind them nothing, and other bytes are told`() throws {
        for (ending, isFine) in [([], true), ([0, 0, 0], true), ([0, 7], false), ([0x1F], false)] as [([UInt8], Bool)] {
            let reading = try reading(zip: false) { $0 += $0 + ending }
            #expect(reading.records.count == 2 * Self.count && (reading.error == nil) == isFine, "\(String(describing: reading.error))")
        }
    }

    @Test func `A gzip whose data is none is told at once`() throws {
        let reading = try reading(zip: false) { content in content = content.prefix(20) + Array(repeating: 0xFF, count: 100) }
        #expect(reading.error?.message.contains("gzip decompression failed") == true && reading.records.isEmpty)
    }

    @Test func `A zip with a wrong checksum is told`() throws {
        let reading = try reading(zip: true) { content in
            // The checksum of the central directory, and the one behind the data.
            let mark: [UInt8] = [0x50, 0x4B, 0x01, 0x02]
            if let directory = content.indices.dropLast(4).last(where: { Array(content[$0..<$0 + 4]) == mark }) {
                for offset in 16..<20 { content[directory + offset] ^= 0xFF }
            }
            for offset in 14..<18 { content[offset] ^= 0xFF }
        }
        #expect(reading.error?.code == .unreadable, "\(String(describing: reading.error))")
    }

    @Test func `A zip must have one file in it`() throws {
        try withTemporaryFolder { folder in
            try archive([("a", [1]), ("b", [2])], to: folder + "/two.zip", zip: true)
            try archive([], to: folder + "/none.zip", zip: true)
            try archive([("__MACOSX/._a", [1]), ("a", Array(#"{"item": "i"}"#.utf8))], to: folder + "/mac.zip", zip: true)
            let two = Reading(Self.format, path: folder + "/two.zip")
            #expect(two.error?.code == .unfit && two.error?.message.contains("has more than one file in it, a and b") == true)
            #expect(Reading(Self.format, path: folder + "/none.zip").error?.code == .unfit)
            #expect(Reading(Self.format, path: folder + "/mac.zip").items == [Item(itemID: "i")])
        }
    }

    @Test func `Files that are not there or are folders are told`() throws {
        try withTemporaryFolder { folder in
            let missing = Reading(Self.format, path: folder + "/none").error
            #expect(missing == DatasetError(.unreadable, "cannot read \(folder)/none: No such file or directory"))
            #expect(Reading(Self.format, path: folder).error?.message.hasPrefix("\(folder) is a folder") == true)
        }
    }

    @Test func `An empty file has no records, in any format`() throws {
        for format in [DatasetFormat.amazon, .amazonCSV, Self.format, .csv(FieldNames(), .automatic)] {
            let reading = try Reading(format, "")
            #expect(reading.records.isEmpty && reading.faults.isEmpty && reading.error == nil)
        }
        #expect(try Reading(.recBole, "", name: "x.inter").error == nil)
    }

    @Test func `A pipe is read, and has no size`() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/pipe"
            try #require(mkfifo(path, 0o600) == 0)
            Thread.detachNewThread { try? write(Self.content, to: path) }
            let reader = try DatasetReader(Self.format, path: path)
            #expect(reader.totalBytes == nil)
            var count = 0
            while try reader.next() != nil { count += 1 }
            #expect(count == Self.count && reader.consumedBytes == Self.content.count)
        }
    }
}
