import ArgumentParser
import RPC
import Transport
import Wire

struct SplitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split", abstract: "Divides what the student has into training, validation and test anew.",
        discussion: """
            leave-one-out   each user's last interaction is for the test, the one before it for validation
            global-time     what happened from a moment on is for the test, what happened before from another on for validation; without \
            --validation-from and --test-from the last tenth, and the tenth before it

            Distillation and training divide by the same policy by themselves when interactions have come since.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case leaveOneOut = "leave-one-out"
        case globalTime = "global-time"
    }

    @Option(help: "leave-one-out or global-time.")
    var kind = Kind.leaveOneOut

    @Option(help: "Only users and items with so many interactions among each other.")
    var kCore: UInt32 = 0

    @Option(help: ArgumentHelp("When validation begins, as 2024-02-29, 2024-02-29T12:30:00 or milliseconds; UTC.", valueName: "time"))
    var validationFrom: String?

    @Option(help: ArgumentHelp("When the test begins.", valueName: "time"))
    var testFrom: String?

    @Flag(help: "Print rdrec.v1.Split as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (validationFrom == nil) == (testFrom == nil) else { throw ValidationError("--validation-from and --test-from go together.") }
        guard kind == .globalTime || testFrom == nil else {
            throw ValidationError("--validation-from and --test-from are for global-time.")
        }
        guard try Self.time(validationFrom) <= Self.time(testFrom) else {
            throw ValidationError("--test-from is before --validation-from.")
        }
    }

    private static func time(_ text: String?) throws -> Int64 {
        guard let text else { return 0 }
        guard let time = Moment.milliseconds(text), time != 0 else {
            throw ValidationError("\(printable(text)) is no time such as 2024-02-29 or 2024-02-29T12:30:00.")
        }
        return time
    }

    func run() async throws {
        let policy = SplitPolicy(
            kind: kind == .leaveOneOut ? .leaveOneOut : .globalTime, kCore: kCore, validationFromMs: try Self.time(validationFrom),
            testFromMs: try Self.time(testFrom))
        let (asJSON, output) = (json, Output())
        try await Session.run(connection) { session in
            let split = try await CatalogClient(session.client).makeSplit(policy, options: session.callOptions())
            for line in asJSON ? [try OwnJSON().text(of: split)] : split.lines { try await output.line(line) }
        }
    }
}
