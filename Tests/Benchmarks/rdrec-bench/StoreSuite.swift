import Foundation
import Store
import Wire

/// How fast a shop's reviews come into the store: through the store alone, and all the way from a file of JSON lines through `rdrec import`
/// and `studentd`, with what both processes take of memory.
struct StoreSuite {
    let quick: Bool

    /// Nil for as many as the suite has by itself.
    let records: Int?

    private var recordCount: Int { records ?? (quick ? 400_000 : 5_000_000) }

    func run(_ only: String?, into report: inout Report) async throws {
        if only == nil || only == "ingest" { try await ingest(into: &report) }
        if only == nil || only == "import" { try await importing(into: &report) }
    }

    /// The store alone, in batches as the daemon makes them.
    private func ingest(into report: inout Report) async throws {
        let count = quick ? 200_000 : 1_000_000, batch = 32_768
        let reviews = ReviewMaker(users: count / 8, items: count / 50)
        let seconds = try await withPrivateFolder { folder in
            let store = try SQLiteStore(directory: folder)
            var left = count, place = 0, seconds = 0.0
            while left > 0 {
                let records = (0..<min(batch, left)).map { IngestRecord.Record.review(reviews.review(place + $0)) }
                let begin = ContinuousClock.now
                let outcomes = try await store.ingest(records)
                seconds += (.now - begin) / .seconds(1)
                guard outcomes.allSatisfy({ $0 == .added }) else { throw CocoaError(.fileWriteUnknown) }
                left -= records.count
                place += records.count
            }
            await store.close()
            return seconds
        }
        report.add("store.ingest.records_per_second", Double(count) / seconds, unit: "records/s", better: "higher")
    }

    private func importing(into report: inout Report) async throws {
        try await withPrivateFolder { folder in
            let file = folder + "/reviews.json", socket = "ipc://\(folder)/student.ipc"
            let bytes = try ReviewMaker(users: recordCount / 8, items: recordCount / 50).write(recordCount, to: file)
            let student = try Program(
                "studentd", ["--endpoint", socket, "--data", folder + "/data", "--teacher", "none", "--http-port", "off"])
            defer { student.end() }
            let begin = ContinuousClock.now
            let command = try Program("rdrec", ["import", "amazon", file, "--endpoint", socket, "--wait"])
            defer { command.end() }
            while command.isRunning {
                command.look()
                student.look()
                try await Task.sleep(for: .milliseconds(50))
            }
            let seconds = (.now - begin) / .seconds(1)
            guard command.status == 0 else { throw CocoaError(.fileReadUnknown) }
            report.add(
                "store.import.records_per_second", Double(recordCount) / seconds, unit: "records/s", better: "higher", bar: 50_000)
            report.add("store.import.megabytes_per_second", Double(bytes) / seconds / 1e6, unit: "MB/s", better: "higher")
            for (name, program) in [("student", student), ("command", command)] {
                report.add(
                    "store.import.\(name)_peak_megabytes", Double(program.peakBytes) / 1e6, unit: "MB", better: "lower", bar: 200)
            }
        }
    }
}
