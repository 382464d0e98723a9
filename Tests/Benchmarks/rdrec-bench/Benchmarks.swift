import ArgumentParser
import Dispatch
import Synchronization

/// Measures rdrec beside its peers; `Tests/Benchmarks/run.sh` builds and runs it.
@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rdrec-bench", abstract: "Speed as a ratio to a peer or a physical limit, measured in the same run.")

    enum Suite: String, CaseIterable, ExpressibleByArgument { case rpc, kernels, teacher, student, store, serving }

    @Argument(help: "What to measure.")
    var suite: Suite

    @Flag(help: "Under a minute; noisier.")
    var quick = false

    @Option(help: "Only make so many calls at 64 in flight over ipc, for a profiler to watch.")
    var profileCalls: Int?

    @Option(help: "Threads of the kernels, teacher and student suites, on either side.")
    var threads = 2

    @Option(
        help: """
            Only this part of the suite: products, training, quantized or streams of kernels; raw, rationales, stream or load of teacher;
            train, sequential, topn or atomic of student; ingest or import of store.
            """)
    var only: String?

    @Option(help: "Reviews that the store suite imports. Default: 5000000, and 400000 with --quick.")
    var records: Int?

    @OptionGroup(title: "The teacher suite")
    var teacher: TeacherOptions

    @OptionGroup(title: "The student suite")
    var student: StudentOptions

    @Option(help: "Also write the figures here, a JSON object a line.")
    var json: String?

    /// Blocks the main thread itself: valgrind crashes on the one that an async `main` parks.
    func run() throws {
        let done = DispatchSemaphore(value: 0)
        let failure = Mutex<(any Error)?>(nil)
        let command = self
        Task {
            do { try await command.measure() } catch { failure.withLock { $0 = error } }
            done.signal()
        }
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func measure() async throws {
        if teacher.probeLoad { return try await TeacherLoad.probe(model: teacher.requireModel(), threads: threads) }
        if let profileCalls { return try await RPCSuite.profile(calls: profileCalls) }
        var report = Report()
        switch suite {
        case .rpc: try await RPCSuite(quick: quick).run(into: &report)
        case .kernels: try KernelsSuite(quick: quick, threads: threads).run(only, into: &report)
        case .serving: try await ServingSuite(quick: quick).run(into: &report)
        case .store: try await StoreSuite(quick: quick, records: records).run(only, into: &report)
        case .student: try StudentSuite(student, quick: quick, threads: threads).run(only, into: &report)
        case .teacher: try await TeacherSuite(teacher, quick: quick, threads: threads).run(only, into: &report)
        }
        report.printTable()
        if let json { try report.write(json: json) }
    }
}
