import CoreMetrics
import Glibc
import Kernels
import Logging
import Synchronization
import Testing

@Suite struct InstructionSetTests {
    @Test("Generic kernels are always there, and the widest set is taken unless one is named")
    func selection() throws {
        #expect(InstructionSet.supported.last == .generic)
        let team = try ThreadTeam(threads: 1)
        #expect(try Kernels(team: team).instructionSet == InstructionSet.supported.first)
        for set in InstructionSet.supported { #expect(try Kernels(instructionSet: set, team: team).instructionSet == set) }
    }

    @Test(
        "A set that the machine lacks is refused with those it has",
        arguments: InstructionSet.allCases.filter { !InstructionSet.supported.contains($0) })
    func unsupported(_ set: InstructionSet) throws {
        let team = try ThreadTeam(threads: 1)
        #expect {
            _ = try Kernels(instructionSet: set, team: team)
        } throws: {
            "\($0)".contains("does not support the instruction set '\(set.rawValue)'") && "\($0)".contains("generic")
        }
    }

    @Test("RDREC_ISA forces a set, and stops with the known names when it is misspelt")
    func environment() async {
        await #expect(processExitsWith: .success) {
            setenv("RDREC_ISA", "generic", 1)
            let kernels = try Kernels.fromEnvironment(team: ThreadTeam(threads: 1))
            guard kernels.instructionSet == .generic, kernels.float32Backend == .openBLAS else { exit(1) }
        }
        await #expect(processExitsWith: .success) {
            setenv("RDREC_ISA", "avx1024", 1)
            do {
                _ = try Kernels.fromEnvironment(team: ThreadTeam(threads: 1))
                exit(1)
            } catch {
                guard "\(error)".hasPrefix("RDREC_ISA: no instruction set is called 'avx1024'; there are avx512_amx") else { exit(2) }
            }
        }
    }

    @Test("RDREC_ISA with the name of a set that the machine lacks stops with those it has")
    func environmentUnsupported() async {
        await #expect(processExitsWith: .success) {
            setenv("RDREC_ISA", "avx512", 1)
            do {
                _ = try Kernels.fromEnvironment(team: ThreadTeam(threads: 1), supported: [.avx2, .generic])
                exit(1)
            } catch {
                let expected = "RDREC_ISA: this machine does not support the instruction set 'avx512'; it has avx2, generic"
                guard "\(error)" == expected else { exit(2) }
            }
        }
    }

    @Test("What was chosen is told in the metrics")
    func gauges() async {
        // In a process of its own, whose metrics are this test's.
        await #expect(processExitsWith: .success) {
            let gauges = Gauges()
            MetricsSystem.bootstrap(gauges)
            let kernels = try Kernels(instructionSet: .generic, team: ThreadTeam(threads: 2))
            kernels.announce(to: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let expected = [
                "rdrec_kernels_info float32=openblas instruction_set=generic": 1.0, "rdrec_kernels_threads": 2.0,
            ]
            guard gauges.values == expected else { exit(1) }
        }
    }

    @Test("What was chosen is told in the log")
    func announcement() throws {
        let line = LastLine()
        var logger = Logger(label: "test") { _ in Handler(line: line) }
        logger.logLevel = .info
        let kernels = try Kernels(instructionSet: .generic, team: ThreadTeam(threads: 2))
        kernels.announce(to: logger)
        let metadata = try #require(line.metadata)
        #expect(metadata["kernels.instruction_set"] == "generic")
        #expect(metadata["kernels.threads"] == "2")
        #expect(metadata["kernels.float32"] == "openblas")
    }

    @Test("A shape that does not fit stops the program with the operation and the shapes")
    func shapes() async {
        await #expect(processExitsWith: .failure) {
            let kernels = try Kernels(team: ThreadTeam(threads: 1))
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: 64)
            kernels.multiply(
                Rows(memory, count: 2, columns: 3), by: Rows(memory, count: 4, columns: 5), into: MutableRows(memory, count: 2, columns: 5),
                precision: .float32, workspace: Workspace())
        }
    }

    /// Keeps the metadata of the last line.
    private final class LastLine: Sendable {
        private let stored = Mutex<Logger.Metadata?>(nil)
        var metadata: Logger.Metadata? { stored.withLock { $0 } }
        func keep(_ metadata: Logger.Metadata?) { stored.withLock { $0 = metadata } }
    }

    private struct Handler: LogHandler {
        let line: LastLine
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { line.keep(event.metadata) }
    }

    /// Keeps the last value of every gauge, by its label and dimensions.
    private final class Gauges: MetricsFactory, Sendable {
        private let stored = Mutex<[String: Double]>([:])
        var values: [String: Double] { stored.withLock { $0 } }

        private final class Recorder: RecorderHandler {
            let name: String
            let gauges: Gauges
            init(name: String, gauges: Gauges) {
                self.name = name
                self.gauges = gauges
            }
            func record(_ value: Int64) { record(Double(value)) }
            func record(_ value: Double) { gauges.stored.withLock { $0[name] = value } }
        }

        func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
            let name = ([label] + dimensions.map { "\($0.0)=\($0.1)" }.sorted()).joined(separator: " ")
            return Recorder(name: name, gauges: self)
        }
        func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { NOOPMetricsHandler.instance }
        func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
        func destroyCounter(_ handler: any CounterHandler) {}
        func destroyRecorder(_ handler: any RecorderHandler) {}
        func destroyTimer(_ handler: any TimerHandler) {}
    }
}
