import Baselines
import Datasets
import Evaluation
import Foundation
import Testing
import Wire

/// Relative to the package, whose folder is the working directory of its tests.
private let file = "../shared/data/amazon_musical_instruments/Musical_instruments_reviews.csv.zip"

/// The numbers of an independent script, where the real files are beside the checkout: leave-one-out over the whole catalogue, seen items
/// hidden, the test item after all others.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: file))) struct RealDataTests {
    /// Each user's items, oldest first, those of one time in the file's order; numbers in the order of coming.
    static func sequences() throws -> (sequences: [[Int]], itemCount: Int) {
        let reader = try DatasetReader(.amazonCSV, path: file)
        var users: [String: Int] = [:], items: [String: Int] = [:], rows: [[(time: Int64, item: Int)]] = []
        while let entry = try reader.next() {
            guard case .record(.review(let review), _) = entry else { continue }
            let item = items[review.itemID] ?? items.count, user = users[review.userID] ?? users.count
            items[review.itemID] = item
            users[review.userID] = user
            if user == rows.count { rows.append([]) }
            rows[user].append((review.timestampMs, item))
        }
        let ordered = rows.map { row in
            row.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element.item)
        }
        return (ordered, items.count)
    }

    @Test func `Popularity and neighbours on Amazon Musical Instruments`() throws {
        let (sequences, itemCount) = try Self.sequences()
        let training = sequences.map { Array($0.dropLast(2)) }
        #expect(sequences.count == 1_429 && itemCount == 900)
        for (baseline, hitRate, ndcg) in [
            (Popularity(sequences: training, itemCount: itemCount), 0.0756, 0.0390),
            (ItemNeighbours(sequences: training, itemCount: itemCount), 0.0826, 0.0403),
        ] as [(any ItemScoring, Double, Double)] {
            var hits = 0.0, gains = 0.0
            for sequence in sequences {
                let history = Array(sequence.dropLast()), target = sequence[sequence.count - 1]
                let scores = baseline.scores(after: history), seen = Set(history)
                let outcome = RankingOutcome(rank: ExpectedRank.of(target, in: scores) { !seen.contains($0) })
                hits += RankingMetric.hitRate(10).value(outcome)
                gains += RankingMetric.ndcg(10).value(outcome)
            }
            #expect(abs(hits / Double(sequences.count) - hitRate) < 0.00005, "HR@10 of \(type(of: baseline))")
            #expect(abs(gains / Double(sequences.count) - ndcg) < 0.00005, "NDCG@10 of \(type(of: baseline))")
        }
    }
}
