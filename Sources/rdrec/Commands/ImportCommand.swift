import ArgumentParser
import Datasets
import RPC
import Transport
import Wire

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Reads a data set and sends it to the student.",
        discussion: """
            FORMATS
              amazon      reviews or product metadata of Amazon, of 2014, 2018
                          or 2023: a JSON object (or Python literal) a line;
                          items of 2023 go by parent_asin
              amazon-csv  its reviews of 2014 as a table
              p5          a folder with sequential.txt, datamaps.json and what
                          else P5 and POD have, as JSON
              recbole     RecBole's atomic files: a .inter, a .item, or a folder
              csv         a table with a header
              jsonl       a JSON object a line
              rationales  what rdrec rationale --file has written

            Of csv and jsonl the options below name the fields. A row with a user is a review where it has a text, a summary or a rating, and \
            an interaction where not; one without is an item. Files may be compressed (gzip, bzip2, xz, zstd, lz4) or one file in a zip.

            Records are sent in order. Those that are wrong are told, the first 20 each with file and line, and the rest is taken; the exit \
            status is 1 then, as it is where --strict ends the import at the first. An import that was stopped can be started again in the \
            same way: what is there already does not change.
            """)

    @Argument(help: "How the data is written.")
    var format: ImportFormat

    @Argument(help: "The file, or the folder.")
    var path: String

    @Flag(help: "End at the first bad record; of those behind it only what went out in one call with one that the server rejects is taken.")
    var strict = false

    @Option(help: "Records of a call, 1 to 1000000: what is sent again where one fails.")
    var batch = 20_000

    @Option(help: "Seconds to go on trying while a server that has answered does not any more.")
    var patience = 60.0

    @Flag(help: "Print the counts as one JSON object.")
    var json = false

    @OptionGroup(title: "Options for csv and jsonl") var names: ImportNames

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard format.takesNames || !names.areGiven else {
            throw ValidationError("\(format.rawValue) has its own fields: names and --time-unit are for csv and jsonl.")
        }
        guard (1...1_000_000).contains(batch) else { throw ValidationError("--batch takes 1 to 1000000.") }
        guard patience >= 0, patience <= 1e9 else { throw ValidationError("--patience takes seconds, 0 or more.") }
    }

    func run() async throws {
        let (format, path, names, unit, batch, strict, asJSON) = (format, path, names.names, names.timeUnit, batch, strict, json)
        let options = ImportJob.Options(isStrict: strict, patience: .seconds(patience)), output = Output()
        try await Session.run(connection) { session in
            let reader: BatchReader
            do {
                reader = try await BatchReader.open(maxCount: batch, stopsAtFault: strict) { () throws(DatasetError) in
                    try format.open(path, names, unit)
                }
            } catch let error as DatasetError {
                throw CommandError(error)
            }
            let job = ImportJob(session, options, reader), start = ContinuousClock.now
            func tell() async throws -> ImportCounts {
                let counts = await job.counts, seconds = (ContinuousClock.now - start) / .seconds(1)
                try await output.line(asJSON ? counts.json(seconds: seconds) : counts.text(seconds: seconds))
                return counts
            }
            do {
                try await job.run()
            } catch {
                let counts = await job.counts
                if !(error is RPCError || Task.isCancelled) {
                    _ = try await tell()
                } else if counts.records > 0 || Task.isCancelled {
                    Output.note("note: \(counts.records) records have been sent and stored; the same command goes on")
                }
                throw error
            }
            let counts = try await tell()
            if counts.bad > 0 { throw CommandError(.incomplete, "\(counts.bad) records are bad and were not taken") }
        }
    }
}
