import Datasets
import Testing
import Wire

/// Whatever a line has in it, it makes a record or a fault, and the line behind it is read.
@Suite struct PropertyTests {
    private static let valid = [
        #"{"reviewerID": "u", "asin": "i", "reviewText": "a \"b\" \u00e9\ud83d\ude00 é", "helpful": [1, 2], "overall": 5.0, "unixReviewTime": 1252800000}"#,
        #"{'asin': 'i', 'title': "Girls' \xe9", 'categories': [['a', 'b'], []], 'price': 3.17, 'x': {'y': None, 'z': True}}"#,
    ]
    private static let last = #"{"reviewerID": "last", "asin": "i"}"#

    private func mutated(_ line: [UInt8], _ random: inout Random) -> [UInt8] {
        var line = line
        for _ in 0..<Int.random(in: 1...4, using: &random) where !line.isEmpty {
            let index = Int.random(in: line.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: line[index] = UInt8.random(in: .min ... .max, using: &random)
            case 1: line.remove(at: index)
            case 2: line.insert(Array(#"{}[]",:\'-eu"#.utf8).randomElement(using: &random) ?? 0, at: index)
            case 3: line.removeSubrange(index...)
            default: line.insert(contentsOf: line[index...].prefix(30), at: index)
            }
        }
        // The end of a line is not what is tried here.
        return line.map { $0 == 0x0A ? 0x20 : $0 }
    }

    private func lines(_ random: inout Random) -> [[UInt8]] {
        (0..<4_000).map { index in
            if index % 4 == 3 {
                return (0..<Int.random(in: 1...60, using: &random)).map { _ in
                    let byte = UInt8.random(in: .min ... .max, using: &random)
                    return byte == 0x0A ? 0x20 : byte
                }
            }
            return mutated(Array(Self.valid[index % 2].utf8), &random)
        }
    }

    @Test(arguments: [1, 2, 3]) func `Lines of objects`(_ seed: UInt64) throws {
        var random = Random(seed: seed)
        let lines = lines(&random)
        let reading = try Reading(.amazon, Array((lines + [Array(Self.last.utf8)]).joined(separator: [0x0A])))
        let blank = lines.count { $0.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
        #expect(reading.error == nil && reading.records.last == .review(Review(userID: "last", itemID: "i")))
        #expect(reading.records.count + reading.faults.count == lines.count - blank + 1)
        #expect(reading.records.count > 100 && reading.faults.count > 1_000)
        for record in reading.records { #expect(throws: Never.self) { try IngestRecord(record: record).encoded() } }
    }

    @Test(arguments: [1, 2, 3]) func `Rows without quotes`(_ seed: UInt64) throws {
        var random = Random(seed: seed)
        let rows = lines(&random).map { row in row.map { $0 == UInt8(ascii: "\"") ? UInt8(ascii: "'") : $0 } }
        let content =
            Array("reviewerID,asin,overall,unixReviewTime,reviewText\n".utf8) + rows.joined(separator: [0x0A]) + Array("\nlast,i,,0,".utf8)
        let reading = try Reading(.amazonCSV, content)
        #expect(reading.error == nil && reading.records.last == .review(Review(userID: "last", itemID: "i")))
    }

    @Test(arguments: [1, 2, 3]) func `Rows with quotes end in records or in one that is not closed`(_ seed: UInt64) throws {
        var random = Random(seed: seed)
        for _ in 0..<300 {
            var row = Array("u,i,5,10,\"a,\"\"b\"\"\nc\"".utf8)
            row = mutated(row, &random)
            let reading = try Reading(
                .csv(FieldNames(), .automatic), Array("user,item,rating,time,text\n".utf8) + row + Array("\nu,j,1,1,\n".utf8))
            #expect(reading.error?.code == .unfit || reading.error == nil && reading.records.count + reading.faults.count >= 1)
        }
    }
}
