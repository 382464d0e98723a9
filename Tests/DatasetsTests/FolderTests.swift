import Datasets
import Testing
import Wire

/// The formats that are folders of many files.
@Suite struct FolderTests {
    private func read(_ format: DatasetFormat, _ files: [(name: String, content: String)], path: String = "") throws -> Reading {
        try withTemporaryFolder { folder in
            for file in files { try write(file.content.utf8, to: folder + "/" + file.name) }
            return Reading(format, path: folder + path)
        }
    }

    private static let names =
        #"{"id2user": {"1": "anna", "2": "bob"}, "id2item": {"1": "pen", "2": "cup", "3": ""}, "user2id": {"anna": 1}}"#

    @Test func `P5's sequences get their ids back, with titles and reviews around them`() throws {
        let reading = try read(
            .p5,
            [
                ("sequential.txt", "1 2 1\n2 1\n\n3 1\n1\n1 9 2 3\n"), ("datamaps.json", Self.names),
                ("item_keywords.txt", "pen blue  ink\ncup\n"),
                (
                    "explanation.json",
                    """
                    {"train": [
                      {"user": 1, "item": "2", "explanation": "it is {round}", "feature": "shape", "rating": 5},
                      {"reviewerID": "x", "asin": "y", "reviewText": "long", "explanation": "lo", "overall": 3.0, "unixReviewTime": 10}
                    ], "val": [], "test": [{"user": 7, "item": 1}, {"item": 1}, {"user": 1, "item": 1, "rating": tru}]}
                    """
                ),
            ])
        let records: [IngestRecord.Record] = [
            .item(Item(itemID: "pen", title: "blue  ink")), .item(Item(itemID: "cup")),
            .interaction(Interaction(userID: "anna", itemID: "cup")), .interaction(Interaction(userID: "anna", itemID: "pen")),
            .interaction(Interaction(userID: "bob", itemID: "pen")), .interaction(Interaction(userID: "anna", itemID: "cup")),
            .review(Review(userID: "anna", itemID: "cup", text: "it is {round}", rating: 5)),
            .review(Review(userID: "x", itemID: "y", text: "long", rating: 3)),
        ]
        #expect(reading.records == records && reading.error == nil)
        #expect(reading.lines == [1, 2, 1, 1, 2, 6, 2, 3])
        let faults = [
            "4: datamaps.json has no user 3", "5: the line has a user and no items", "6: datamaps.json has no item 9",
            "6: the id of item 3 is empty", "4: datamaps.json has no user 7", "4: missing: user and item, or reviewerID and asin",
            "4: byte 34: expected a value, found \"t\"",
        ]
        #expect(reading.faults == faults)
    }

    @Test func `P5's numbers are ids where nothing tells them`() throws {
        let reading = try read(.p5, [("sequential.txt", "1 2 1\n"), ("review_splits.json", #"[{"user": 4, "item": 5, "overall": 1}]"#)])
        let interactions = [Interaction(userID: "1", itemID: "2"), Interaction(userID: "1", itemID: "1")]
        #expect(reading.interactions == interactions && reading.reviews == [Review(userID: "4", itemID: "5", rating: 1)])
    }

    @Test(arguments: [
        ("datamaps.json", "{", "datamaps.json: byte 2: expected a key or }"), ("datamaps.json", "{}", "has no users in id2user"),
        ("datamaps.json", #"{"id2user": [1]}"#, "id2user is not an object: a list"),
        ("datamaps.json", #"{"id2user": {"1": []}}"#, "id2user.1 is no id"),
        ("explanation.json", "[{}", "explanation.json ends in line 1 before its lists do"), ("explanation.json", "[1]", "found byte 0x31"),
        ("explanation.json", "[{\"a\": \"", "ends inside what begins in line 1"), ("explanation.json", "[] []", "found byte 0x5b"),
    ]) func `A file of P5 that is no JSON ends the reading`(_ name: String, _ content: String, _ message: String) throws {
        let reading = try read(.p5, [("sequential.txt", "1 2\n"), (name, content)])
        #expect(reading.error?.code == .unfit && reading.error?.message.contains(message) == true, "\(String(describing: reading.error))")
    }

    @Test func `A folder without what the format needs is told`() throws {
        #expect(try read(.p5, []).error?.message.hasSuffix(" has no sequential.txt in it") == true)
        #expect(try read(.p5, [], path: "/none").error?.code == .unfit)
        #expect(try read(.recBole, []).error?.message.hasSuffix(" has neither a .inter nor a .item in it") == true)
        #expect(try read(.recBole, [("a.csv", "")], path: "/a.csv").error?.code == .unfit)
        let two = try read(.recBole, [("a.inter", ""), ("b.inter", "")]).error
        #expect(two?.message.contains("has more than one file .inter, a.inter, b.inter: give one file's path") == true)
    }

    @Test func `RecBole's atomic files, items first`() throws {
        let reading = try read(
            .recBole,
            [
                ("ml.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t881250949\n1\t3\t\t8.8e8\nx\t3\n"),
                (
                    "ml.item",
                    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n2\tToy \"Story\"\t1995\tAnimation Comedy\n3\t\t\t\n"
                ),
            ])
        let records: [IngestRecord.Record] = [
            .item(Item(itemID: "2", title: "Toy \"Story\"", categories: ["Animation", "Comedy"])), .item(Item(itemID: "3")),
            .review(Review(userID: "1", itemID: "2", rating: 3, timestampMs: 881_250_949_000)),
            .interaction(Interaction(userID: "1", itemID: "3", timestampMs: 880_000_000_000)),
        ]
        #expect(reading.records == records && reading.faults == ["4: the row has 2 cells, and the header 4"])
        let alone = try read(.recBole, [("a.inter", "item_id:token\tuser:token\n")], path: "/a.inter").error
        #expect(alone?.message.hasSuffix("has no column user_id: there are item_id:token, user:token") == true)
        let whole = try read(.recBole, [("a.item", "item_id:token\tcategories:token\n1\tA & B\n")], path: "/a.item")
        #expect(whole.items == [Item(itemID: "1", categories: ["A & B"])])
    }
}
