/// Knows nothing but numbers: next comes the greatest number of the history plus one, then plus two, and so on.
///
/// Where items have been numbered in the order in which users took them, test items included, this parameterless rule comes close to published
/// models, since it reads what the numbers give away. On an indexing that gives nothing away it is as good as chance.
package struct IDOrderRule: ItemScoring {
    private let numbers: [Int]
    private let least: Int
    private let greatest: Int

    package var itemCount: Int { numbers.count }

    /// - Parameter numbers: the number of each item in the indexing that is looked at; each once, below 2^53.
    package init(numbers: [Int]) {
        self.numbers = numbers
        (least, greatest) = (numbers.min() ?? 0, numbers.max() ?? 0)
    }

    /// Numbers behind the history's greatest, the nearest first; all others have the same, the least score. Without a history the count begins
    /// at the least number.
    package func score(after history: [Int], into scores: inout [Double]) {
        let last = history.lazy.map { numbers[$0] }.max() ?? least - 1, behindAll = Double(last - greatest - 1)
        for (item, number) in numbers.enumerated() { scores[item] = number > last ? Double(last - number) : behindAll }
    }
}
