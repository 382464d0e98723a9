import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct QualityTests {
    private func withFiles(_ body: (_ rationales: String, _ reviews: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let rationales = folder + "/rationales.jsonl", reviews = folder + "/reviews.jsonl"
            var rationaleLines = "", reviewLines = ""
            for (item, thing) in [("a", "bright"), ("b", "warm")] {
                for number in 0..<2 {
                    rationaleLines += """
                        {"reviewId":"u\(number)|\(item)|0","itemId":"\(item)","userPreference":"The user prefers \(thing) sounds.",\
                        "itemAttributes":"The item's attributes are \(thing) strings."}\n
                        """
                    reviewLines += #"{"userId":"u\#(number)","itemId":"\#(item)","text":"Very \#(thing) strings."}"# + "\n"
                }
            }
            try rationaleLines.write(toFile: rationales, atomically: false, encoding: .utf8)
            try reviewLines.write(toFile: reviews, atomically: false, encoding: .utf8)
            try await body(rationales, reviews)
        }
    }

    @Test func `The report is a table`() async throws {
        try await withFiles { rationales, reviews in
            let finished = try await runCommand(["rationales", "quality", rationales, "--reviews", reviews])
            #expect(finished.status == 0 && finished.errors.isEmpty)
            #expect(
                finished.output == [
                    "rationales          4", "well-formed   100.0 %", "grounded       75.0 %   preference 50.0 %, attributes 100.0 %",
                    "distinct       50.0 %   pairs of words 50.0 %, words 25.0 %", "repeated        0.0 %", "shared         33.3 %",
                    "words             2.0   preference; attributes 2.0",
                    "found          1.0000   of 2 items in 2 trials, first in 100.0 %; chance 0.7500",
                    "  by reviews   1.0000   of 2 items in 2 trials, first in 100.0 %; chance 0.7500",
                ])
            let alone = try await runCommand(["rationales", "quality", rationales])
            #expect(alone.status == 0 && alone.output.contains("grounded            -   preference -, attributes -"))
            #expect(alone.output.last == "  by reviews        -")
        }
    }

    @Test func `The report is JSON too`() async throws {
        try await withFiles { rationales, reviews in
            let finished = try await runCommand(["rationales", "quality", rationales, "--reviews", reviews, "--json"])
            #expect(finished.status == 0 && finished.output.count == 1)
            let object = try JSONSerialization.jsonObject(with: Data(finished.output[0].utf8)) as? [String: Any]
            #expect(object?["rationales"] as? Int == 4 && object?["grounded"] as? Double == 0.75)
            #expect((object?["retrieval"] as? [String: Any])?["chance"] as? Double == 0.75)
            let alone = try await runCommand(["rationales", "quality", rationales, "--json"])
            #expect(alone.output[0].contains(#""grounded":null"#) && alone.output[0].contains(#""review_retrieval":null"#))
        }
    }

    @Test func `A file that is wrong is told`() async throws {
        try await withFiles { rationales, reviews in
            let missing = try await runCommand(["rationales", "quality", rationales + "x"])
            #expect(missing.status == 74 && missing.errors == ["error: cannot read \(rationales)x: No such file or directory"])
            let other = try await runCommand(["rationales", "quality", reviews])
            #expect(other.status == 64 && other.errors.first?.hasPrefix("error: \(reviews), line 1 is not a rdrec.v1.Rationale") == true)
        }
    }
}
