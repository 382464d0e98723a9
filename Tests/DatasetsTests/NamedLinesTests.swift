import Datasets
import Testing
import Wire

@Suite struct NamedLinesTests {
    @Test func `Objects are reviews, interactions or items by what they have`() throws {
        let lines = [
            #"{"user_id": 7, "item_id": -8, "rating": 4.5, "timestamp": 1393545600, "review_id": "r1"}"#,
            #"{"userId": "u", "itemId": "i", "timestampMs": "1000"}"#, #"{"user": "u", "item": "i", "summary": "s", "timestamp_ms": 2000}"#,
            #"{"item": "i", "title": 1984, "categories": ["a", ["b", "a"], null, ""], "description": "d"}"#,
            #"{"item": "i", "user": null}"#,
        ]
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), lines.joined(separator: "\r\n"))
        let records: [IngestRecord.Record] = [
            .review(Review(reviewID: "r1", userID: "7", itemID: "-8", rating: 4.5, timestampMs: 1_393_545_600_000)),
            .interaction(Interaction(userID: "u", itemID: "i", timestampMs: 1_000)),
            .review(Review(userID: "u", itemID: "i", summary: "s", timestampMs: 2_000)),
            .item(Item(itemID: "i", title: "1984", categories: ["a", "b"], description: "d")), .item(Item(itemID: "i")),
        ]
        #expect(reading.records == records && reading.faults.isEmpty)
    }

    @Test func `Members have the names that are given`() throws {
        var names = FieldNames()
        (names.user, names.item, names.time) = ("who", "what", "day")
        let reading = try Reading(.jsonLines(names, .iso8601), #"{"who": "a", "what": "b", "day": "1970-01-02", "user": "c"}"#)
        #expect(reading.interactions == [Interaction(userID: "a", itemID: "b", timestampMs: 86_400_000)])
    }

    @Test func `What is missing or wrong is named`() throws {
        let lines = [
            #"{"user": "u"}"#, #"{"item": "i", "rating": 3}"#, #"{"user": "u", "item": 1.5}"#,
            #"{"user": "u", "userId": "v", "item": "i"}"#,
            #"{"user": true, "item": "i"}"#, #"{"user": "u", "item": "i", "rating": "NaN"}"#, #"{"item": "i", "categories": [{}]}"#,
            #"{"user": "u", "item": "i", "time": [1]}"#, #"{"user": "u", "item": "i", "text": "t", "review_id": ""}"#,
        ]
        let faults = [
            "1: missing: item_id or itemId or item", "2: missing: user_id or userId or user",
            "3: item is neither text nor a whole number: 1.5",
            "4: both user and userId are there", "5: user is neither text nor a whole number: true", "6: rating is not a number: \"NaN\"",
            "7: categories is not text: an object", "8: time is not a time: a list", "9: review_id is empty",
        ]
        #expect(try Reading(.jsonLines(FieldNames(), .automatic), lines.joined(separator: "\n")).faults == faults)
    }

    @Test func `Text of more than a mebibyte is a fault, and the next line is read`() throws {
        func line(_ count: Int) -> String { #"{"user": "u", "item": "i", "text": "\#(String(repeating: "é", count: count / 2))"}"# }
        let lines = [line(10 << 20), line(1 << 20), line(1 << 20 + 2), line(2)]
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), lines.joined(separator: "\n"))
        #expect(reading.lines == [2, 4] && reading.reviews.map(\.text.utf8.count) == [1 << 20, 2])
        #expect(reading.faults.first == "1: text has 10485760 bytes, and at most 1048576 are taken" && reading.faults.count == 2)
    }

    @Test func `Lists have bounds too`() throws {
        let many = (0...10_000).map(String.init).joined(separator: ","),
            same = Array(repeating: "\"a\"", count: 20_000).joined(separator: ",")
        let lines = [many, same].map { #"{"item": "i", "categories": [\#($0)]}"# }
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), "\u{FEFF}" + lines.joined(separator: "\n"))
        #expect(reading.faults == ["1: categories has more than 10000 texts, or 1048576 bytes in all"])
        #expect(reading.items == [Item(itemID: "i", categories: ["a"])])
    }

    @Test func `A line of more than 32 MiB is skipped`() throws {
        let long = Array(repeating: UInt8(ascii: "x"), count: 40 << 20), good = Array("{\"item\": \"i\"}\n".utf8)
        let reading = try Reading(.jsonLines(FieldNames(), .automatic), good + long + [0x0A] + good + long)
        #expect(reading.lines == [1, 3] && reading.items.count == 2 && reading.error == nil)
        #expect(reading.faults == ["2: the line has more than 33554432 bytes", "4: the line has more than 33554432 bytes"])
    }
}
