import Student
import Testing

@Suite struct ProfileTests {
    private static let sentences = ["a", "bb", "a", "ccc", "bb", "d"]

    @Test(
        "The newest that fit, oldest first, each said once where it was said last",
        arguments: [(0, []), (1, ["d"]), (3, ["bb", "d"]), (5, ["bb", "d"]), (6, ["ccc", "bb", "d"]), (100, ["a", "ccc", "bb", "d"])])
    func budgets(_ budget: Int, _ wanted: [String]) {
        #expect(Profile(Self.sentences, budget: budget) { $0.count }.sentences == wanted)
    }

    @Test("Random sentences: within the budget, in order, without repeats, and nothing newer left out")
    func property() {
        for _ in 0..<500 {
            let all = (0..<Int.random(in: 0...12)).map { _ in String(repeating: "x", count: Int.random(in: 1...6)) }
            let budget = Int.random(in: 0...30)
            let kept = Profile(all, budget: budget) { $0.count }.sentences
            #expect(kept.reduce(0) { $0 + $1.count } <= budget)
            #expect(Set(kept).count == kept.count)
            var distinct: [String] = []
            for sentence in all.reversed() where !distinct.contains(sentence) { distinct.append(sentence) }
            #expect(kept == distinct.prefix(kept.count).reversed())
            if kept.count < distinct.count { #expect(kept.reduce(0) { $0 + $1.count } + distinct[kept.count].count > budget) }
        }
    }
}
