import ArgumentParser
import RPC
import Transport
import Wire

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Checks the student's store, or copies it.", subcommands: [Check.self, BackUp.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Looks for damage, and for rows whose other rows are missing.",
            discussion: "Prints the tables with their rows. Exits with 1 where there are faults, and lists them.")

        @Flag(help: "Print rdrec.v1.CheckStoreResponse as JSON.")
        var json = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let (asJSON, output) = (json, Output())
            try await Session.run(connection) { session in
                let options = session.callOptions(isEndless: true)
                let found = try await StorageClient(session.client).checkStore(CheckStoreRequest(), options: options)
                for line in asJSON ? [try OwnJSON().text(of: found)] : found.lines { try await output.line(line) }
                let count = max(found.faultCount, UInt64(found.faults.count))
                guard count == 0 else {
                    throw CommandError(.faulty, "the store has \(thousands(count)) \(count == 1 ? "fault" : "faults")")
                }
            }
        }
    }

    struct BackUp: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "backup", abstract: "Writes a copy of the whole store as of one moment, while everything goes on.",
            discussion: "The copy is there whole and checked, or not at all. Prints its size and its SHA-256.")

        @Argument(help: "Where the copy goes.")
        var file: String

        @Flag(help: "Put it in the place of a file that is there.")
        var force = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            let (path, force, output) = (file, force, Output())
            try await Session.run(connection) { session in
                let file = try BackupFile(path, isForced: force)
                do {
                    let size = try await Self.receive(file, session)
                    let digest = try await file.finish()
                    try await output.line("\(byteCount(size)), sha256 \(digest)")
                } catch {
                    file.discard()
                    throw error
                }
            }
        }

        /// - Returns: Bytes that have come.
        private static func receive(_ file: BackupFile, _ session: Session) async throws -> UInt64 {
            let options = session.callOptions(isEndless: true)
            return try await StorageClient(session.client).backUpStore(BackUpStoreRequest(), options: options) { chunks in
                var line = ProgressLine(), size: UInt64 = 0
                defer { line.clear() }
                let start = ContinuousClock.now
                for try await chunk in chunks {
                    let (written, total) = try await file.write(chunk)
                    size = written
                    let now = ContinuousClock.now, rate = Double(written) / max((now - start) / .seconds(1), 1e-3)
                    line.show(Gauge(done: Int(clamping: written), total: Int(clamping: total), rate: rate, unit: .bytes), now)
                }
                return size
            }
        }
    }
}

extension CheckStoreResponse {
    /// For people.
    fileprivate var lines: [String] {
        let tables = aligned(tables.map { [printable($0.table), thousands($0.rows)] }, right: [1])
        let more = faultCount > UInt64(faults.count) ? ["and \(thousands(faultCount - UInt64(faults.count))) more"] : []
        let found = faults.isEmpty ? ["no faults"] : faults.map { "fault: \(printable($0))" } + more
        return tables + ["schema \(printable(schemaVersion))"] + found
    }
}
