import CArchive
import Datasets
import Foundation
import Glibc
import Testing
import Wire

/// A new folder, which goes away afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "rdrec-datasets-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

func write(_ bytes: some Sequence<UInt8>, to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The same numbers each time (splitmix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Writes files into a zip, or the one file's content as a gzip.
func archive(_ files: [(name: String, content: [UInt8])], to path: String, zip: Bool) throws {
    let archive = try #require(archive_write_new())
    defer { archive_write_free(archive) }
    if zip {
        archive_write_set_format_zip(archive)
    } else {
        archive_write_add_filter_gzip(archive)
        archive_write_set_format_raw(archive)
    }
    try #require(archive_write_open_filename(archive, path) == ARCHIVE_OK)
    for file in files {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, file.name)
        archive_entry_set_size(entry, Int64(file.content.count))
        archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
        try #require(archive_write_header(archive, entry) == ARCHIVE_OK)
        try #require(archive_write_data(archive, file.content, file.content.count) == file.content.count)
    }
    try #require(archive_write_close(archive) == ARCHIVE_OK)
}

/// What a reader has given out.
struct Reading {
    var records: [IngestRecord.Record] = []
    /// As in `3: overall is not a number`.
    var faults: [String] = []
    var lines: [Int] = []
    var error: DatasetError?

    var reviews: [Review] { records.compactMap { if case .review(let review) = $0 { review } else { nil } } }
    var items: [Item] { records.compactMap { if case .item(let item) = $0 { item } else { nil } } }
    var interactions: [Interaction] { records.compactMap { if case .interaction(let interaction) = $0 { interaction } else { nil } } }

    /// Reads a data set to its end.
    init(_ format: DatasetFormat, path: String) {
        do throws(DatasetError) {
            let reader = try DatasetReader(format, path: path)
            while let entry = try reader.next() {
                switch entry {
                case .record(let record, let place):
                    records.append(record)
                    lines.append(place.line)
                case .fault(let fault, let place): faults.append("\(place.line): \(fault)")
                }
            }
            #expect(reader.totalBytes == reader.consumedBytes)
        } catch {
            self.error = error
        }
    }

    /// Reads a file of this content.
    init(_ format: DatasetFormat, _ content: some Sequence<UInt8>, name: String = "data") throws {
        self = try withTemporaryFolder { folder in
            try write(content, to: folder + "/" + name)
            return Reading(format, path: folder + "/" + name)
        }
    }

    init(_ format: DatasetFormat, _ content: String, name: String = "data") throws { try self.init(format, content.utf8, name: name) }
}
