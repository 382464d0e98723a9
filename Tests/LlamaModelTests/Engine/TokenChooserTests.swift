import Foundation
import LlamaModel
import Testing

@Suite struct TokenChooserTests {
    /// How often each token is drawn, of 20,000 draws.
    private func shares(_ sampling: Sampling, _ logits: [Float]) -> [Double] {
        var counts = [Double](repeating: 0, count: logits.count), logits = logits
        let chooser = TokenChooser(sampling)
        logits.withUnsafeMutableBufferPointer { row in
            for index in 0..<20_000 {
                if let token = chooser.choose(row, part: 1, index: index) { counts[Int(token)] += 1 }
            }
        }
        return counts.map { $0 / 20_000 }
    }

    /// What the definition says: softmax, the k best, the fewest of them with mass p.
    private func expected(_ sampling: Sampling, _ logits: [Float]) -> [Double] {
        var order = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
        if sampling.topK > 0 { order = Array(order.prefix(sampling.topK)) }
        var weights = order.map { exp(Double(logits[$0]) / sampling.temperature) }
        if sampling.topP > 0, sampling.topP < 1 {
            let all = weights.reduce(0, +)
            var reached = 0.0
            weights = Array(
                weights.prefix { weight in
                    defer { reached += weight }
                    return reached < sampling.topP * all
                })
        }
        var shares = [Double](repeating: 0, count: logits.count)
        for (place, weight) in weights.enumerated() { shares[order[place]] = weight / weights.reduce(0, +) }
        return shares
    }

    @Test(
        "Tokens are drawn as often as temperature, top-k and top-p say",
        arguments: [
            Sampling(temperature: 1), Sampling(temperature: 0.5, seed: 3), Sampling(temperature: 1, topK: 3),
            Sampling(temperature: 2, topP: 0.6),
            Sampling(temperature: 1, topP: 0.9, topK: 4, seed: 9), Sampling(temperature: 1, topK: 1),
            Sampling(temperature: 100, topP: 0.99),
            Sampling(temperature: 0.01, topP: 0.5),
        ])
    func shares(_ sampling: Sampling) {
        let logits: [Float] = [0.5, 2, -1, 2, 1.25, -.infinity, 0, -3]
        for (share, expected) in zip(shares(sampling, logits), expected(sampling, logits)) { #expect(abs(share - expected) < 0.015) }
    }

    @Test("Without a number above minus infinity there is nothing to choose, and NaN is passed over")
    func nothing() {
        for logits in [[], [-Float.infinity, -.infinity], [.nan, -.infinity], [.nan]] {
            #expect(shares(Sampling(temperature: 1), logits).allSatisfy { $0 == 0 })
        }
        #expect(shares(Sampling(temperature: 1), [.nan, 1, -.infinity]) == [0, 1, 0])
    }
}
