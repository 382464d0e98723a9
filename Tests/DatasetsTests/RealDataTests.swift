import Datasets
import Foundation
import Testing
import Wire

/// The real files beside the checkout, where they are there.
private enum RealData {
    /// Relative to the package, whose folder is the working directory of its tests.
    static let folder = "../shared/data"
    static var isThere: Bool { FileManager.default.fileExists(atPath: folder) }
}

@Suite(.enabled(if: RealData.isThere)) struct RealDataTests {
    @Test func `Amazon Musical Instruments, a table in a zip`() {
        let reading = Reading(.amazonCSV, path: RealData.folder + "/amazon_musical_instruments/Musical_instruments_reviews.csv.zip")
        #expect(reading.error == nil && reading.faults.isEmpty && reading.reviews.count == 10_261)
        #expect(Set(reading.reviews.map(\.userID)).count == 1_429 && Set(reading.reviews.map(\.itemID)).count == 900)
        #expect(reading.reviews.count { $0.text.isEmpty } == 7)
        #expect(reading.reviews.allSatisfy { (1...5).contains($0.rating) && $0.timestampMs > 0 })
    }

    @Test func `Amazon Gift Cards, reviews and metadata`() {
        let reviews = Reading(.amazon, path: RealData.folder + "/gift_cards/Gift_Cards_5.json.gz")
        #expect(reviews.error == nil && reviews.faults.isEmpty && reviews.reviews.count == 2_972)
        #expect(Set(reviews.reviews.map(\.userID)).count == 458 && Set(reviews.reviews.map(\.itemID)).count == 148)
        let metadata = Reading(.amazon, path: RealData.folder + "/gift_cards/meta_Gift_Cards.json.gz")
        #expect(metadata.error == nil && metadata.faults.isEmpty && metadata.items.count == metadata.records.count)
        let titled = Set(metadata.items.filter { !$0.title.isEmpty }.map(\.itemID))
        #expect(Set(reviews.reviews.map(\.itemID)).isSubset(of: titled))
    }

    @Test(arguments: [("beauty", 22_363, 12_101, 198_502), ("toys", 19_412, 11_924, 167_597)])
    func `P5's sequences`(_ name: String, _ users: Int, _ items: Int, _ interactions: Int) {
        let reading = Reading(.p5, path: RealData.folder + "/amazon_\(name)")
        #expect(reading.error == nil && reading.faults.isEmpty && reading.interactions.count == interactions)
        #expect(Set(reading.interactions.map(\.userID)).count == users && Set(reading.interactions.map(\.itemID)).count == items)
        #expect(Set(reading.interactions.map(\.itemID)).isSubset(of: Set(reading.items.map(\.itemID))))
    }
}
