import ChildProcesses
import DaemonStage
import Foundation
import RPC
import Testing
import Transport
import Wire

/// `rdrec import` into a studentd, as users do it.
@Suite(.timeLimit(.minutes(3)))
struct ImportTests {
    @Test("A sample shop is imported whole, and again without any change")
    func sampleShop() async throws {
        try await StudentStage.with { stage in
            _ = try await stage.student()
            let shop = stage.folder + "/shop"
            try await run(stage, "sample-data", "--users", "200", "--items", "80", "--out", shop)
            let lines = try String(contentsOfFile: shop + "/reviews.jsonl", encoding: .utf8).split(separator: "\n").count
            let catalog = CatalogClient(try stage.studentClient())
            for round in 0..<2 {
                try await importing(stage, "jsonl", shop + "/items.jsonl")
                let output = try await importing(stage, "jsonl", shop + "/reviews.jsonl", "--batch", "100")
                #expect(output.contains(round == 0 ? "reviews \(lines)," : "duplicates \(lines),"), "\(output)")
                let figures = try await catalog.statistics()
                #expect([figures.users, figures.reviews, figures.interactions].map(Int.init) == [200, lines, lines])
                #expect(figures.items == 80)
            }
            let split = try await catalog.makeSplit(SplitPolicy())
            #expect(split.testedUsers == 200 && split.test == 200 && split.validation == 200)
        }
    }

    @Test("Rationales made elsewhere are imported for reviews that are there")
    func rationales() async throws {
        try await StudentStage.with { stage in
            _ = try await stage.student()
            let reviews = shop(users: 3, items: 5)
            _ = try await CatalogClient(stage.studentClient()).send(reviews)
            let lines = (reviews.map(\.effectiveID) + ["of|nobody|1"]).map { id in
                """
                {"reviewId": "\(id)", "userPreference": "The user prefers it.", "itemAttributes": "It is fine.", \
                "provenance": {"modelDigest": "d", "promptVersion": "p"}}
                """
            }
            let file = stage.folder + "/rationales.jsonl"
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
            let child = try start(stage, "import", "rationales", file)
            // One is of no review.
            #expect(try await child.ended() == .exited(1))
            #expect(child.output.contains("rationales 15,") && child.errors.contains("line 16"), "\(child.output) \(child.errors)")
            #expect(try await CatalogClient(stage.studentClient()).statistics().rationales == 15)
        }
    }

    // MARK: Real data, where it is

    private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/data").standardized.path
    private static var isThere: Bool { FileManager.default.fileExists(atPath: data + "/README.md") }

    struct DataSet: Sendable {
        let imports: [(format: String, path: String)]
        /// Users, items, interactions.
        let counts: [UInt64]
    }

    @Test(
        "Real data sets have the numbers they are known for", .enabled(if: isThere, "the data sets are not on this machine"),
        arguments: [
            DataSet(
                imports: [("amazon-csv", "amazon_musical_instruments/Musical_instruments_reviews.csv.zip")], counts: [1_429, 900, 10_261]),
            DataSet(imports: [("p5", "amazon_beauty")], counts: [22_363, 12_101, 198_502]),
            DataSet(imports: [("p5", "amazon_toys")], counts: [19_412, 11_924, 167_597]),
            // 2,972 lines, of which three tell of a user, item and time that another has told of. Most of the metadata is of other items.
            DataSet(
                imports: [("amazon", "gift_cards/meta_Gift_Cards.json.gz"), ("amazon", "gift_cards/Gift_Cards_5.json.gz")],
                counts: [458, 1_547, 2_969]),
        ])
    func realData(_ set: DataSet) async throws {
        try await StudentStage.with { stage in
            _ = try await stage.student()
            for (format, path) in set.imports { try await importing(stage, format, Self.data + "/" + path) }
            let figures = try await CatalogClient(stage.studentClient()).statistics()
            #expect([figures.users, figures.items, figures.interactions] == set.counts)
        }
    }

    private func start(_ stage: StudentStage, _ arguments: String...) throws -> ChildProcess {
        try stage.start("rdrec", arguments + ["--endpoint", stage.studentEndpoint])
    }

    @discardableResult
    private func importing(_ stage: StudentStage, _ arguments: String...) async throws -> String {
        try await finished(stage.start("rdrec", ["import"] + arguments + ["--endpoint", stage.studentEndpoint]))
    }

    @discardableResult
    private func run(_ stage: StudentStage, _ arguments: String...) async throws -> String {
        try await finished(stage.start("rdrec", arguments))
    }

    private func finished(_ child: ChildProcess) async throws -> String {
        #expect(try await child.ended(within: .seconds(120)) == .exited(0), "\(child.errors)")
        return child.output
    }
}
