internal import Wire

/// The folders of P5 (https://github.com/jeykigung/P5) and of those after it, as POD:
///
/// - `sequential.txt`: a line a user, `user item item …`, numbers in the order of time: interactions without a time.
/// - `datamaps.json`, where it is there: the ids that the numbers stand for.
/// - `item_keywords.txt`, where it is there: `id word word …`, an item's id itself and words of its title.
/// - `explanation.json`, `explanation_splits.json`, `review_splits.json`, where they are there: a list of objects, or an object of such
///   lists (`train`, `val`, `test`). Each has `user` and `item` by number, or `reviewerID` and `asin` by id; `reviewText` (or `text`) or
///   else `explanation`; `summary`; `rating` or `overall`. It is a review. P5's pickles have to be made JSON first.
///
/// A review's `unixReviewTime` is not read: its interaction is the one in `sequential.txt`, which has no time. With a time it would be another
/// one of the same user and item, and a test on the last of a user's interactions would be on items that training has seen.
///
/// Items come first, then interactions, then reviews.
enum P5 {
    static func sources(_ path: String) throws(DatasetError) -> [any RecordSource] {
        guard let names = folderNames(path) else {
            throw DatasetError(.unfit, "\(path) is not a folder that can be read: p5 takes the folder that has sequential.txt in it")
        }
        func file(_ name: String) -> String? { names.contains(name) ? "\(path)/\(name)" : nil }
        guard let sequences = file("sequential.txt") else { throw DatasetError(.unfit, "\(path) has no sequential.txt in it") }
        let ids = try P5Names(file("datamaps.json"))
        var sources: [any RecordSource] = []
        if let keywords = file("item_keywords.txt") { sources.append(try LineRecords(keywords, P5Keywords())) }
        sources.append(try P5Sequences(sequences, ids))
        for name in ["explanation.json", "explanation_splits.json", "review_splits.json"] {
            if let reviews = file(name) { sources.append(try P5Reviews(reviews, ids)) }
        }
        return sources
    }
}

/// `item_keywords.txt`.
private struct P5Keywords: LineParser {
    func record(of line: UnsafeRawBufferPointer) throws(LineFault) -> IngestRecord.Record {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        let id = String(decoding: parts[0], as: UTF8.self)
        if let reason = faultOfID(id) { throw LineFault("the item's id \(reason)") }
        guard line.count <= Limits.textBytes, !line.contains(0) else { throw LineFault("the words are too long, or have a NUL character") }
        return .item(Item(itemID: id, title: parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""))
    }
}

/// `sequential.txt`: each line makes many interactions.
private final class P5Sequences: RecordSource {
    private let path: String
    private let lines: LineFile
    private let ids: P5Names
    private var userID = ""
    /// Of the line what is still to come.
    private var rest: ArraySlice<UInt8> = []

    init(_ path: String, _ ids: P5Names) throws(DatasetError) {
        self.path = path
        self.ids = ids
        lines = try LineFile(path)
    }

    var consumedBytes: Int { lines.file.consumedBytes }
    var totalBytes: Int? { lines.file.totalBytes }

    func next() throws(DatasetError) -> DatasetEntry? {
        var item = nextNumber()
        if item == nil {
            guard let line = try lines.next() else { return nil }
            do throws(LineFault) {
                try begin(line)
            } catch {
                rest = []
                return .fault(error, at: place)
            }
            item = nextNumber()
        }
        do throws(LineFault) {
            guard let item else { throw LineFault("the line has a user and no items") }
            return .record(.interaction(Interaction(userID: userID, itemID: try ids.item(item))), at: place)
        } catch {
            return .fault(error, at: place)
        }
    }

    private func begin(_ line: LineFile.Line) throws(LineFault) {
        guard case .whole(let bytes) = line else { throw LineFault("the line has more than \(Limits.lineBytes) bytes") }
        try bytes.requireUTF8()
        rest = Array(bytes)[...]
        userID = try ids.user(nextNumber() ?? "")
    }

    /// Takes the next of the line's numbers; nil behind the last.
    private func nextNumber() -> String? {
        rest = rest.drop { $0 == UInt8(ascii: " ") }
        let number = rest.prefix { $0 != UInt8(ascii: " ") }
        rest = rest.dropFirst(number.count)
        return number.isEmpty ? nil : String(decoding: number, as: UTF8.self)
    }

    private var place: RecordPlace { RecordPlace(file: path, line: lines.number) }
}

/// `explanation.json` and those like it.
private final class P5Reviews: RecordSource {
    private let path: String
    private let elements: ElementFile
    private let ids: P5Names
    private var fields = RecordFields(
        FieldTable([
            .init(.user, "user"), .init(.user, "reviewerID"), .init(.item, "item"), .init(.item, "asin"),
            .init(.text, "reviewText"), .init(.text, "text"), .init(.explanation, "explanation"), .init(.summary, "summary"),
            .init(.rating, "rating"), .init(.rating, "overall"),
        ]))

    init(_ path: String, _ ids: P5Names) throws(DatasetError) {
        self.path = path
        self.ids = ids
        elements = try ElementFile(path)
    }

    var consumedBytes: Int { elements.file.consumedBytes }
    var totalBytes: Int? { elements.file.totalBytes }

    func next() throws(DatasetError) -> DatasetEntry? {
        guard let bytes = try elements.next() else { return nil }
        let place = RecordPlace(file: path, line: elements.line)
        do throws(LineFault) {
            try bytes.requireUTF8()
            try fields.read(bytes)
            return .record(.review(try review()), at: place)
        } catch {
            return .fault(error, at: place)
        }
    }

    private func review() throws(LineFault) -> Review {
        guard let user = try fields.id(.user), let item = try fields.id(.item) else {
            throw LineFault("missing: user and item, or reviewerID and asin")
        }
        return Review(
            userID: fields.name(.user) == "user" ? try ids.user(user) : user,
            itemID: fields.name(.item) == "item" ? try ids.item(item) : item,
            text: try fields.text(fields.has(.text) ? .text : .explanation), summary: try fields.text(.summary),
            rating: try fields.rating())
    }
}
