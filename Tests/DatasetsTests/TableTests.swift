import Datasets
import Testing
import Wire

@Suite struct TableTests {
    private func read(_ content: String, _ unit: TimeUnit = .automatic, _ set: (inout FieldNames) -> Void = { _ in }) throws -> Reading {
        var names = FieldNames()
        set(&names)
        return try Reading(.csv(names, unit), content)
    }

    @Test func `Rows are reviews, interactions or items by what they have`() throws {
        let events = try read("user_id,item_id,text,rating,timestamp\nu,i,good,5,10\nu,j,,,20\nu,k,,0,\n")
        let records: [IngestRecord.Record] = [
            .review(Review(userID: "u", itemID: "i", text: "good", rating: 5, timestampMs: 10_000)),
            .interaction(Interaction(userID: "u", itemID: "j", timestampMs: 20_000)), .review(Review(userID: "u", itemID: "k")),
        ]
        #expect(events.records == records && events.faults.isEmpty)
        let items = try read("item,title,category,description\ni,T,C,D\nj,,,\n")
        #expect(items.items == [Item(itemID: "i", title: "T", categories: ["C"], description: "D"), Item(itemID: "j")])
    }

    @Test func `Columns have the names that are given`() throws {
        let reading = try read("who,what,said,title,user_id\na,b,\"c,d\",e,f\n") { names in
            (names.user, names.item, names.text, names.summary) = ("who", "what", "said", "title")
        }
        #expect(reading.reviews == [Review(userID: "a", itemID: "b", text: "c,d", summary: "e")])
    }

    @Test func `Quotes, line breaks, CR LF, a byte order mark and empty lines`() throws {
        let reading = try read("\u{FEFF}user,item,text\r\n\r\nu,\"a,\"\"b\"\"\r\nc\",x\r\n\nv,5\" pipe,\"\"\nw,z,\"\"\"\"")
        #expect(reading.faults == ["3: item has a control character in it (U+D)"])
        #expect(reading.interactions == [Interaction(userID: "v", itemID: "5\" pipe")])
        #expect(reading.reviews == [Review(userID: "w", itemID: "z", text: "\"")] && reading.lines == [6, 7])
    }

    @Test func `A row that is wrong is a fault of its own`() throws {
        let rows = ["u,i", "u,\"a\"b\",x", "u,i,x,y", "u,i,5", "u,\"i\",five", ",i,5", "u,,5", "u,i\u{0},1", "u,i,\"1\""]
        let reading = try read("user,item,rating\n" + rows.joined(separator: "\n"))
        #expect(reading.lines == [5, 10])
        let faults = [
            "2: the row has 2 cells, and the header 3",
            "3: cell 2 has text behind its closing quote: a quote inside a cell in quotes has to be doubled",
            "4: the row has 4 cells, and the header 3", "6: rating is not a number: \"five\"", "7: user is empty", "8: item is empty",
            "9: item has a control character in it (U+0)",
        ]
        #expect(reading.faults == faults)
    }

    @Test func `A row of very many cells, or of very many bytes, is one fault`() throws {
        let wide = String(repeating: ",", count: 1 << 20), long = String(repeating: "x", count: 33 << 20)
        let reading = try read("user,item\n\(wide)\nu,\"a\",\(long)\nu,i\n")
        #expect(reading.faults == ["2: the row has 1048577 cells, and the header 2", "3: the row has more than 33554432 bytes"])
        #expect(reading.lines == [4])
        let header = try read(wide).error
        #expect(header?.message.hasSuffix("line 1: the header has more than 4096 columns") == true)
    }

    @Test func `A quote that is never closed is told where it is opened`() throws {
        let reading = try read("user,item,text\nu,i,x\nu,\"a\nb\",\"open\nu,j,y\n")
        #expect(reading.reviews.count == 1)
        #expect(
            reading.error?.code == .unfit
                && reading.error?.message.hasSuffix("line 4: the quote that is opened there is not closed") == true)
        #expect(try read("user,\"item").error?.message.contains("line 1: the quote") == true)
    }

    @Test func `A header must have each column once, and those that are wanted`() throws {
        let twice = try read("user,item,text,item\n").error
        #expect(twice?.code == .unfit && twice?.message.contains("line 1: the header has the column item twice") == true)
        let missing = try read("user,product\n").error
        #expect(missing?.message.hasSuffix("has no column item_id or itemId or item: there are user, product") == true)
        let named = try read("user,item\n") { $0.rating = "stars" }.error
        #expect(named?.message.hasSuffix("has no column stars: there are user, item") == true)
        let shared = try read("user,item\n") { ($0.user, $0.item) = ("item", "item") }.error
        #expect(shared?.message == "item is given for two fields, user and item")
        let amazon = try Reading(.amazonCSV, "asin,overall\n").error
        #expect(amazon?.message.hasSuffix("has no column reviewerID: there are asin, overall") == true)
    }

    @Test(
        arguments: [
            ("1393545600", TimeUnit.automatic, 1_393_545_600_000), ("1393545600.25", .automatic, 1_393_545_600_250),
            ("1393545600123", .automatic, 1_393_545_600_123), ("1.3935456e9", .automatic, 1_393_545_600_000), ("0", .automatic, 0),
            ("", .automatic, 0),
            ("2014-02-28", .automatic, 1_393_545_600_000), ("2014-02-28T00:00:01.5Z", .automatic, 1_393_545_601_500),
            ("2014-02-28 02:00+02:00", .automatic, 1_393_545_600_000), ("2014-02-27T23:30:00-0030", .iso8601, 1_393_545_600_000),
            ("2000-02-29", .iso8601, 951_782_400_000), ("2100-01-01", .automatic, 4_102_444_800_000),
            ("4102444800", .seconds, 4_102_444_800_000),
            ("500", .milliseconds, 500), ("99999999999", .milliseconds, 99_999_999_999),
        ] as [(String, TimeUnit, Int64)]) func `Times`(_ cell: String, _ unit: TimeUnit, _ expected: Int64) throws
    {
        let reading = try read("user,item,time\nu,i,\(cell)\n", unit)
        #expect(reading.interactions.map(\.timestampMs) == [expected], "\(reading.faults)")
    }

    @Test(
        arguments: [
            ("9999-12-31", TimeUnit.automatic, "is not from 1970 to 2100-01-01"),
            ("253370764800", .seconds, "is not from 1970 to 2100-01-01"),
            ("1969-12-31", .automatic, "is not from 1970 to 2100-01-01"), ("-1", .automatic, "is not from 1970 to 2100-01-01"),
            ("1e300", .automatic, "is not from 1970 to 2100-01-01"), ("4102444801", .automatic, "is not from 1970 to 2100-01-01"),
            ("2014-02-30", .automatic, "is not a time as in"), ("2014-13-01", .automatic, "is not a time as in"),
            ("2014-02-28T25:00", .automatic, "is not a time as in"), ("2014-02-28X", .automatic, "is not a time as in"),
            ("yesterday", .automatic, "is not a time: \"yesterday\""), ("1393545600", .iso8601, "is not a time as in"),
            ("2014-02-28", .seconds, "is not a time:"), ("nan", .automatic, "is not a time"),
            ("1900-02-29", .automatic, "is not a time as in"),
        ] as [(String, TimeUnit, String)]) func `What is no time, or none that is taken`(_ cell: String, _ unit: TimeUnit, _ fault: String)
        throws
    {
        let reading = try read("user,item,time\nu,i,\(cell)\n", unit)
        #expect(
            reading.records.isEmpty && reading.faults.count == 1 && reading.faults[0].hasPrefix("2: time \(fault)"), "\(reading.faults)")
    }
}
