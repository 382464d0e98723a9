import Baselines
import Testing

@Suite struct BaselineTests {
    @Test func `Popularity counts`() {
        let popularity = Popularity(sequences: [[0, 1, 2], [1, 2], [2, 2]], itemCount: 5)
        #expect(popularity.scores(after: []) == [1, 2, 4, 0, 0] && popularity.scores(after: [2]) == popularity.scores(after: []))
        #expect(popularity.best(after: [], count: 3).map(\.item) == [2, 1, 0])
        #expect(popularity.best(after: [], exclusions: [2], count: 1).map(\.item) == [1])
        #expect(popularity.best(after: [], candidates: [3, 0, 2, 0], exclusions: [2], count: 9).map(\.item) == [0, 3])
    }

    @Test func `Neighbours are those of the formula`() {
        let sequences = [[0, 1, 2], [0, 1], [3, 0, 0]]
        let neighbours = ItemNeighbours(sequences: sequences, itemCount: 6)
        // Of item 0: taken 4 times; with 1 twice, 2 once, 3 twice (from each of its two places), itself twice.
        let counts = [4.0, 2, 1, 1, 0, 0], pairs: [Double] = [2, 2, 1, 2, 0, 0]
        let scores = neighbours.scores(after: [0])
        for item in 0..<6 {
            let expected = pairs[item] / (4 * counts[item] + 1e-9).squareRoot() + counts[item] * 1e-9
            #expect(abs(scores[item] - expected) < 1e-12, "\(item)")
        }
        #expect(neighbours.knowsNeighbours(of: [4, 0]) && !neighbours.knowsNeighbours(of: [4]) && !neighbours.knowsNeighbours(of: []))
    }

    @Test func `The newest item counts most, and what is behind the fifth nothing`() {
        let neighbours = ItemNeighbours(sequences: [[0, 10], [1, 11], [2, 12], [3, 13], [4, 14], [5, 15]], itemCount: 16)
        #expect(neighbours.best(after: [0, 1, 2, 3, 4, 5], count: 5).map(\.item) == [15, 14, 13, 12, 11])
        let scores = neighbours.scores(after: [0, 1, 2, 3, 4, 5])
        #expect(scores[10] < 1e-6 && abs(scores[14] / scores[15] - 0.7) < 1e-6)
    }

    @Test func `Places more than the window apart are no neighbours`() {
        let neighbours = ItemNeighbours(sequences: [Array(0..<12)], itemCount: 12)
        let scores = neighbours.scores(after: [0])
        #expect(scores[10] > 0.5 && scores[11] < 1e-6)
    }

    @Test func `The rule counts on from the greatest number`() {
        // Items' numbers stand in another order than the items.
        let rule = IDOrderRule(numbers: [3, 0, 5, 1, 4, 2])
        #expect(rule.best(after: [5, 3], count: 3).map(\.item) == [0, 4, 2])
        #expect(rule.best(after: [], count: 6).map(\.item) == [1, 3, 5, 0, 4, 2])
        let last = rule.scores(after: [2])
        #expect(Set(last).count == 1)
    }

    @Test func `Equal scores come in one order that is not the numbers'`() {
        let popularity = Popularity(counts: [Int](repeating: 1, count: 1_000))
        let all = popularity.best(after: [], count: .max).map(\.item)
        #expect(Set(all).count == 1_000 && all != Array(0..<1_000))
        #expect(popularity.best(after: [], count: 10).map(\.item) == Array(all.prefix(10)))
        // The first hundred come from everywhere.
        let mean = all.prefix(100).reduce(0, +) / 100
        #expect((350...650).contains(mean))
    }

    @Test func `The best are those of a sort, whatever is asked for`() {
        for _ in 0..<100 {
            let counts = (0..<Int.random(in: 1...60)).map { _ in Int.random(in: 0..<6) }, popularity = Popularity(counts: counts)
            let exclusions = Set(counts.indices.filter { _ in Bool.random() }), count = Int.random(in: 0...70)
            let sorted = counts.indices.filter { !exclusions.contains($0) }.sorted {
                (counts[$1], TieOrder.key($0)) < (counts[$0], TieOrder.key($1))
            }
            let best = popularity.best(after: [], exclusions: exclusions, count: count)
            #expect(best.map(\.item) == Array(sorted.prefix(count)))
            #expect(best.allSatisfy { $0.score == Double(counts[$0.item]) })
        }
    }

    @Test func `Nothing to learn from is no trouble`() {
        for baseline in [
            Popularity(sequences: [], itemCount: 0), ItemNeighbours(sequences: [], itemCount: 0), IDOrderRule(numbers: []),
        ] as [any ItemScoring] {
            #expect(baseline.scores(after: []).isEmpty && baseline.best(after: [], count: 10).isEmpty)
        }
        #expect(ItemNeighbours(sequences: [[], []], itemCount: 2).best(after: [1], count: 5).count == 2)
    }
}
