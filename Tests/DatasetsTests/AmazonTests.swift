import Datasets
import Testing
import Wire

@Suite struct AmazonTests {
    @Test func `Reviews of 2014`() throws {
        let reading = try Reading(
            .amazon,
            #"""
            {"reviewerID": "A2SUAM1J3GNN3B", "asin": "0000013714", "reviewerName": "J. McDonald", "helpful": [2, 3], "reviewText": "I bought this \"hymnal\".", "overall": 5.0, "summary": "Heavenly", "unixReviewTime": 1252800000, "reviewTime": "09 13, 2009"}
            """#)
        #expect(reading.faults.isEmpty && reading.error == nil && reading.lines == [1])
        let expected = Review(
            userID: "A2SUAM1J3GNN3B", itemID: "0000013714", text: "I bought this \"hymnal\".", summary: "Heavenly", rating: 5,
            timestampMs: 1_252_800_000_000)
        #expect(reading.reviews == [expected])
    }

    @Test func `Reviews of 2018 may lack text and summary`() throws {
        let reading = try Reading(
            .amazon,
            #"""
            {"overall": 4, "vote": "2", "verified": true, "reviewTime": "06 17, 2018", "reviewerID": "A3", "asin": "B0", "style": {"Gift Amount:": " 50"}, "image": ["https://a/b.jpg"], "unixReviewTime": 1529193600}
            """#)
        #expect(reading.reviews == [Review(userID: "A3", itemID: "B0", rating: 4, timestampMs: 1_529_193_600_000)])
    }

    @Test func `Reviews of 2023 are of the parent item, and their title is the summary`() throws {
        let reading = try Reading(
            .amazon,
            #"""
            {"rating": 5.0, "title": "Nice", "text": "Caf\u00e9 \ud83d\ude00", "images": [], "asin": "B00YQ6X8EO", "parent_asin": "B00PARENT0", "user_id": "AGKH", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": true}
            """#)
        let expected = Review(
            userID: "AGKH", itemID: "B00PARENT0", text: "Café 😀", summary: "Nice", rating: 5, timestampMs: 1_588_687_728_923)
        #expect(reading.reviews == [expected])
    }

    @Test func `Metadata of 2014 is a Python literal`() throws {
        let reading = try Reading(
            .amazon,
            #"""
            {'asin': '0000031852', 'description': 'It\'s \xe9t\u00e9\n', 'title': "Girls' Tutu", 'price': 3.17, 'related': {'also_bought': ['B00'], 'x': None}, 'salesRank': {'Toys & Games': 211836}, 'ok': True, 'categories': [['Sports', 'Dance'], ['Sports', 'Girls']]}
            """#)
        #expect(reading.faults.isEmpty)
        let expected = Item(
            itemID: "0000031852", title: "Girls' Tutu", categories: ["Sports", "Dance", "Girls"], description: "It's été\n")
        #expect(reading.items == [expected])
    }

    @Test func `Metadata of 2018 and 2023`() throws {
        let reading = try Reading(
            .amazon,
            #"""
            {"category": ["Gift Cards", "Gift Cards"], "description": ["First.", "Second."], "title": "Card", "also_buy": [], "main_cat": "Grocery", "details": {"ASIN: ": "B001"}, "asin": "B001"}
            {"main_category": "All Beauty", "title": "Spray", "average_rating": 4.8, "rating_number": 10, "features": [], "description": [], "price": null, "categories": [], "details": {}, "parent_asin": "B01CUPMQZE", "bought_together": null}
            """#)
        let expected = [
            Item(itemID: "B001", title: "Card", categories: ["Gift Cards"], description: "First.\nSecond."),
            Item(itemID: "B01CUPMQZE", title: "Spray", categories: ["All Beauty"]),
        ]
        #expect(reading.items == expected && reading.faults.isEmpty)
    }

    @Test func `What is missing or wrong is named, and the lines around it are taken`() throws {
        func line(_ members: String) -> String { #"{"reviewerID": "u", "asin": "i", \#(members)}"# }
        let content = [
            line(#""overall": 5"#), line(#""overall": "five""#), "", line(#""overall": -1"#), line(#""overall": 1e999"#),
            line(#""unixReviewTime": 253370764800"#), line(#""unixReviewTime": -5"#), line(#""overall": 5, "overall": 4"#),
            #"{"overall": 3}"#, #"{"asin": ""}"#, #"{"title": "x"}"#, #"{"asin": "a\u0001"}"#, line(#""reviewText": "a\u0000""#),
            line(#""reviewText": ["a"]"#), "[]", line(#""overall": "5.0", "unixReviewTime": 0"#),
        ]
        let reading = try Reading(.amazon, content.joined(separator: "\n"))
        #expect(reading.lines == [1, 16])
        let faults = [
            "2: overall is not a number: \"five\"", "4: overall is below 0: -1", "5: overall is not a number: 1e999",
            "6: unixReviewTime is not from 1970 to 2100-01-01: 253370764800", "7: unixReviewTime is not from 1970 to 2100-01-01: -5",
            "8: overall comes twice", "9: missing: reviewerID or user_id, asin or parent_asin", "10: asin is empty",
            "11: missing: asin or parent_asin", "12: asin has a control character in it (U+1)",
            "13: reviewText has a NUL character in it", "14: reviewText is not text: a list",
            "15: byte 1: expected an object, found \"[\"",
        ]
        #expect(reading.faults == faults)
    }

    @Test func `Ids are kept as they are`() throws {
        let long = String(repeating: "é", count: 256)
        let content = [" a |\\\\", long, long + "x", "a\u{85}", "\u{65}\u{301}"].map { #"{"reviewerID": "\#($0)", "asin": "i"}"# }
        let reading = try Reading(.amazon, content.joined(separator: "\n"))
        #expect(reading.reviews.map { Array($0.userID.utf8) } == [" a |\\", long, "\u{65}\u{301}"].map { Array($0.utf8) })
        let faults = [
            "3: reviewerID has 513 bytes, and at most 512 are taken", "4: reviewerID has a control character in it (U+85)",
        ]
        #expect(reading.faults == faults)
    }

    @Test func `The table of 2014, with quotes and line breaks in its cells`() throws {
        let header = "reviewerID,asin,reviewerName,helpful,reviewText,overall,summary,unixReviewTime,reviewTime\r\n"
        let rows = [
            "u,i,\"a \"\"b\"\", c\",\"[0, 0]\",\"one\r\ntwo\",5.0,good,1393545600,\"02 28, 2014\"", "u,j,,,,4,,0,", "u,k,n,h,t,5,s",
            ",i,,,,4,,0,",
            "u,l,,,x,3,,1393545600,",
        ]
        let reading = try Reading(.amazonCSV, header + rows.joined(separator: "\r\n"))
        let expected = [
            Review(userID: "u", itemID: "i", text: "one\r\ntwo", summary: "good", rating: 5, timestampMs: 1_393_545_600_000),
            Review(userID: "u", itemID: "j", rating: 4),
            Review(userID: "u", itemID: "l", text: "x", rating: 3, timestampMs: 1_393_545_600_000),
        ]
        #expect(reading.reviews == expected && reading.lines == [2, 4, 7])
        #expect(reading.faults == ["5: the row has 7 cells, and the header 9", "6: reviewerID is empty"])
    }
}
