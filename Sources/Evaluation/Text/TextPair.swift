/// A text that was written, and the one that it is compared with.
package struct TextPair: Sendable, Hashable {
    package let hypothesis: String
    package let reference: String

    package init(hypothesis: String, reference: String) {
        self.hypothesis = hypothesis
        self.reference = reference
    }
}

/// Numbers for tokens: tokens are the same where their bytes are, whatever Unicode holds to be equal.
struct TokenNumbers {
    private var numbers: [[UInt8]: Int] = [:]

    mutating func of(_ tokens: [String]) -> [Int] {
        tokens.map { token in
            let bytes = Array(token.utf8)
            if let number = numbers[bytes] { return number }
            numbers[bytes] = numbers.count
            return numbers.count - 1
        }
    }
}

/// How often each run of `order` tokens occurs.
func nGrams(_ tokens: [Int], _ order: Int) -> [ArraySlice<Int>: Int] {
    var counts: [ArraySlice<Int>: Int] = [:]
    for start in tokens.indices.dropLast(order - 1) { counts[tokens[start..<start + order], default: 0] += 1 }
    return counts
}

/// How many n-grams two texts share, each as often as the one that has it less often.
func overlap(_ one: [ArraySlice<Int>: Int], _ other: [ArraySlice<Int>: Int]) -> Int {
    one.reduce(0) { $0 + min($1.value, other[$1.key] ?? 0) }
}

/// The length of the longest common subsequence. Memory is that of one row.
func longestCommonSubsequence(_ one: [Int], _ other: [Int]) -> Int {
    var row = [Int](repeating: 0, count: other.count + 1)
    for token in one {
        var diagonal = 0
        for (index, candidate) in other.enumerated() {
            let above = row[index + 1]
            row[index + 1] = token == candidate ? diagonal + 1 : max(above, row[index])
            diagonal = above
        }
    }
    return row[other.count]
}
