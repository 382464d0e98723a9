import Evaluation
import Foundation
import Testing

@Suite struct ReportTests {
    static func report(leaks: Bool = false, negatives: Int = 0) -> EvaluationReport {
        var tally = RankingTally(cutoffs: [1, 5, 10], isFull: true, items: 20)
        for rank in 1...8 { tally.add(RankingOutcome(rank: rank * rank), trainingCount: rank * 4 - 4, ranked: [rank, 0]) }
        return EvaluationReport(
            job: "evaluation-7", createdAtMs: 1_700_000_000_000,
            model: EvaluationReport.Model(
                version: "0003", digest: String(repeating: "ab", count: 32), preset: "small", formulation: "sequence", indexing: "atomic",
                leaksTestOrder: leaks, withoutRationales: true, seed: .max, parameterCount: 1_234_567, randomInteractions: 0.1),
            protocol: EvaluationProtocol(
                splitKind: .leaveOneOut, splitVersion: 4, part: .test, sampledNegatives: negatives,
                negativesSeed: negatives > 0 ? 11 : nil, cutoffs: [1, 5, 10], catalogueItems: 20, usersTested: 8,
                targetsOutsideCatalogue: 2, repeatedTargets: 3, usersNotTested: 1),
            rankings: [
                EvaluationReport.Ranking(name: "model", title: "Model 0003", result: tally.result),
                EvaluationReport.Ranking(
                    name: "popularity", title: "Popularity | a\nbaseline",
                    result: RankingTally(cutoffs: [1, 5, 10], isFull: true, items: 20).result),
            ],
            explanations: TextResult(
                [TextPair(hypothesis: "warm strings", reference: "the warm string")], hypotheses: "explanations",
                references: "held-back reviews"),
            notes: ["A note."])
    }

    @Test func `A report is read back as it was, and its keys are in snake case`() throws {
        let report = Self.report(), json = try report.json
        #expect(try EvaluationReport(json: json) == report)
        #expect(try report.json == json)
        for key in [
            "\"leaks_test_order\" : false", "\"targets_outside_catalogue\" : 2", "\"hr@10\"", "\"standard_error\"",
            "\"training_count\" : \"1-5\"", "\"protocol\"", "\"split_kind\" : \"leave-one-out\"", "\"rougeL_stemmed\"",
            "\"seed\" : 18446744073709551615",
        ] {
            #expect(json.contains(key), "\(key)")
        }
    }

    @Test func `No figure stands without its protocol`() {
        let page = Self.report().markdown
        let summary = "test, leave-one-out, whole catalogue of 20 items, seen items hidden, 8 users, split 4"
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("## ") && $0 != "## Texts" }
        #expect(headings.count == 2 && headings.allSatisfy { $0.contains(summary) })
        for fact in [
            "evaluation-7", "0003, abababababab", "small, formulation sequence, 1234567 parameters", "atomic", " without |",
            "18446744073709551615", "10.0 %", "share of users whose target is among the first k", "- A note.",
            "ROUGE-L, F, rouge-score, stemmed",
            "ROUGE-L, F, tensorflow/nmt", "BLEU-4, sacrebleu (13a, smoothing exp)",
        ] {
            #expect(page.contains(fact), "\(fact)")
        }
        #expect(page.contains("| Model 0003"))
        #expect(!page.contains("**Leak"))
    }

    @Test func `A leak and sampled negatives are told`() {
        #expect(Self.report(leaks: true).markdown.contains("**Leak: the indexing `atomic`"))
        let page = Self.report(negatives: 99).markdown
        #expect(page.contains("target and 99 sampled negatives of 20 items") && page.contains("Seed of the negatives"))
    }

    @Test func `Tables are whole: each row has the header's columns`() {
        let page = Self.report().markdown
        var columns: Int?, tables = 0
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                columns = nil
                continue
            }
            let own = line.replacing("\\|", with: "").count { $0 == "|" }
            if columns == nil { tables += 1 }
            #expect(own == columns ?? own)
            columns = own
        }
        #expect(tables == 4)
        // HR@1 of the one at the first place, of eight.
        #expect(page.contains("0.1250 ± 0.1250"))
    }
}
