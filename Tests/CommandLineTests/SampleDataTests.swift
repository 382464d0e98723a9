import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct SampleDataTests {
    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func make(_ folder: String, seed: Int = 4, _ more: String...) async throws -> Finished {
        try await runCommand(["sample-data", "--users", "40", "--items", "60", "--seed", "\(seed)", "--out", folder] + more)
    }

    @Test func `A shop is three files`() async throws {
        try await withTemporaryFolder { parent in
            let folder = parent + "/shop"
            let finished = try await make(folder)
            let reviews = try lines(folder + "/reviews.jsonl"), items = try lines(folder + "/items.jsonl")
            #expect(finished.status == 0 && finished.errors.isEmpty)
            #expect(finished.output.first == "\(reviews.count) reviews of 40 users and 60 items")
            #expect(finished.output.last?.hasPrefix("HR@10 of the last purchase: 0.") == true && finished.output.count == 2)
            #expect(try items.count == 60 && Set(items.map { try value("itemId", of: $0) }).count == 60)
            let times = try reviews.map { Int(try value("timestampMs", of: $0) ?? "") ?? 0 }
            #expect(times == times.sorted() && times.first ?? 0 > 0)
            #expect(try Set(reviews.map { try value("reviewId", of: $0) }).count == reviews.count)
            let truth = try object(try String(contentsOfFile: folder + "/truth.json", encoding: .utf8))
            #expect(truth["users"] as? Int == 40 && truth["seed"] as? Int == 4 && truth["interactions"] as? Int == reviews.count)
            let best = try #require(truth["best"] as? [String: Double]), popularity = try #require(truth["popularity"] as? [String: Double])
            let (most, least) = (try #require(best["hr@10"]), try #require(popularity["hr@10"]))
            #expect(most > least)
            #expect(
                (truth["item_attributes"] as? [String: [String: String]])?["i01"]?.keys.sorted() == [
                    "category", "color", "make", "purpose", "trait",
                ])
            #expect((truth["user_preferences"] as? [String: Any])?.count == 40)
        }
    }

    @Test func `The same numbers make the same files`() async throws {
        try await withTemporaryFolder { parent in
            for (folder, seed) in [("a", 4), ("b", 4), ("c", 5)] { #expect(try await make("\(parent)/\(folder)", seed: seed).status == 0) }
            for name in ["reviews.jsonl", "items.jsonl", "truth.json"] {
                let (a, b, c) = (try lines("\(parent)/a/\(name)"), try lines("\(parent)/b/\(name)"), try lines("\(parent)/c/\(name)"))
                #expect(a == b && a != c)
            }
        }
    }

    @Test func `A folder in use is left alone unless forced`() async throws {
        try await withTemporaryFolder { folder in
            try "mine".write(toFile: folder + "/reviews.jsonl", atomically: false, encoding: .utf8)
            let refused = try await make(folder)
            #expect(refused.status == 64 && refused.errors == ["error: \(folder) is not empty: --force writes into it all the same"])
            #expect(try lines(folder + "/reviews.jsonl") == ["mine"])
            #expect(try await make(folder, "--force").status == 0)
            #expect(try lines(folder + "/reviews.jsonl").count > 200)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["items.jsonl", "reviews.jsonl", "truth.json"])
        }
    }

    @Test func `What a run that was stopped has left is no hindrance`() async throws {
        try await withTemporaryFolder { folder in
            try "half".write(toFile: folder + "/reviews.jsonl.partial", atomically: false, encoding: .utf8)
            #expect(try await make(folder).status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
        }
    }

    @Test func `Wrong arguments and places are told`() async throws {
        for wrong in [["--items", "59"], ["--users", "0"], ["--seed", "-1"]] {
            #expect(try await runCommand(["sample-data", "--out", "x"] + wrong).status == 64)
        }
        let nowhere = try await make("/dev/null/shop")
        #expect(nowhere.status == 74 && nowhere.errors.first?.hasPrefix("error: cannot make the folder /dev/null/shop: ") == true)
    }
}
