import Foundation
import Wire

/// Makes reviews as shops have them, of 20 to 160 words, in no order of users or items: the same for the same place.
struct ReviewMaker {
    let users: Int
    let items: Int

    private static let words = """
        the a and it is was for with this that not but very good great works sound sounds strings guitar cable price quality stand well just
        like really use used using easy bought buy one two my i have had would so if you your on in of to from out up all they them than more
        money small little nice better best time years new old months week tuner pedal mic microphone solid cheap feel bit case strap picks
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    func review(_ place: Int) -> Review {
        var random = Mixer(state: UInt64(place) &* 0xD129_0B26_1E6B_7A2D)
        let user = Int(random.next() % UInt64(users)), item = Int(random.next() % UInt64(items))
        let count = 20 + Int(random.next() % 141)
        var text = ""
        text.reserveCapacity(count * 6)
        for _ in 0..<count {
            text += Self.words[Int(random.next() % UInt64(Self.words.count))]
            text += " "
        }
        text += "end."
        return Review(
            userID: "A\(1_000_000_000 + user)XQ", itemID: "B0\(10_000_000 + item)", text: text, summary: "Works as it should",
            rating: Double(1 + random.next() % 5), timestampMs: Int64(1_300_000_000 + place) * 1_000)
    }

    /// Writes JSON lines in the form of Amazon's reviews of 2018.
    /// - Returns: the file's bytes.
    func write(_ count: Int, to path: String) throws -> Int {
        guard let file = fopen(path, "w") else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { fclose(file) }
        var bytes = 0
        for place in 0..<count {
            let review = review(place)
            let line = """
                {"overall": \(review.rating), "verified": true, "reviewTime": "04 5, 2014", "reviewerID": "\(review.userID)", "asin": \
                "\(review.itemID)", "style": {"Color:": " Black"}, "reviewerName": "Somebody", "reviewText": "\(review.text)", \
                "summary": "\(review.summary)", "unixReviewTime": \(review.timestampMs / 1_000)}

                """
            fputs(line, file)
            bytes += line.utf8.count
        }
        return bytes
    }
}

/// SplitMix64.
private struct Mixer {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
