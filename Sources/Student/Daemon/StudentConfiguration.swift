package import Daemons
internal import Kernels
internal import RPC
package import Transport

/// Of a studentd.
package struct StudentConfiguration: Sendable {
    package var operations: OperationsConfiguration
    package var listener: ListenerConfiguration
    package var dataDirectory: String
    package var teachers: [Endpoint]
    package var teacherSecurity: ClientSecurity
    /// Reviews that are at one teacher at a time.
    package var inFlight: Int
    /// That a teacher may let pass without an answer.
    package var teacherSilence: Duration
    /// Each of serving and training has its own, so that neither waits for the other.
    package var servingThreads: Int
    package var trainingThreads: Int
    package var serving: ServingOptions
    /// Versions that stay on disk.
    package var keptModels: Int
    package var activation: ActivationPolicy

    /// - Throws: what is wrong, in words that name the key.
    package init(_ settings: LayeredSettings<StudentKey>, environment: [String: String]) throws {
        operations = try OperationsConfiguration(settings, defaultPort: 9_471)
        listener = try ListenerConfiguration(settings, socket: "student.ipc", environment: environment)
        dataDirectory = settings[.data] ?? Self.defaultData(environment)
        teachers = try Self.teachers(settings[.teacher], environment)
        switch (settings[.teacherKey], settings[.keyFile]) {
        case (let server?, let own?): teacherSecurity = .curve(server: try PublicKey(server), keys: try KeyPair(file: own))
        case (_?, nil): throw ConfigurationError("teacher-key and key-file belong together: CURVE needs both")
        case (nil, _): teacherSecurity = .none
        }
        for teacher in teachers where !teacher.isIPC { try teacherSecurity.check(teacher) }
        inFlight = try settings.integer(.inFlight, 1...65_536, default: 256)
        teacherSilence = try settings.seconds(.teacherSilence, 1...86_400, default: 300)
        let processors = ThreadTeam.processorCount
        let servingThreads = try settings.integer(.servingThreads, 0...256, default: 0)
        let trainingThreads = try settings.integer(.trainingThreads, 0...256, default: 0)
        self.servingThreads = servingThreads == 0 ? max(1, processors / 4) : servingThreads
        self.trainingThreads = trainingThreads == 0 ? max(1, processors - self.servingThreads) : trainingThreads
        serving = ServingOptions()
        serving.batch = try settings.integer(.batch, 1...1_024, default: serving.batch)
        serving.batchDelay = .milliseconds(try settings.integer(.batchDelayMs, 0...1_000, default: 2))
        serving.mostQueued = try settings.integer(.maxQueued, 1...65_536, default: serving.mostQueued)
        keptModels = try settings.integer(.keepModels, 1...10_000, default: 5)
        let policy = settings[.activation] ?? ActivationPolicy.ifBetter.rawValue
        guard let known = ActivationPolicy(rawValue: policy) else {
            let names = ActivationPolicy.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\(StudentKey.activation.rawValue) is \(policy); it takes one of \(names)")
        }
        activation = known
    }

    /// Of a teacher's endpoint: a socket in a private folder needs no keys.
    func security(for teacher: Endpoint) -> ClientSecurity { teacher.isIPC ? .none : teacherSecurity }

    private static func teachers(_ text: String?, _ environment: [String: String]) throws -> [Endpoint] {
        guard let text else {
            let folder = try RuntimeDirectory.defaultPath(in: .ofProcess(environment: environment))
            return [try Endpoint(ipcPath: folder + "/teacher.ipc")]
        }
        if text == "none" { return [] }
        return try text.split(separator: ",").map { text in
            let endpoint = try Endpoint(String(text))
            guard !endpoint.isInProcess else {
                throw ConfigurationError("teacher \(text): inproc:// is inside one process: give ipc:// or tcp://")
            }
            _ = try endpoint.connectText()
            return endpoint
        }
    }

    private static func defaultData(_ environment: [String: String]) -> String {
        let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? "") + "/.local/share"
        return data + "/rdrec"
    }

    var server: ServerConfiguration {
        var server = listener.server
        server.drainBudget = operations.drainBudget
        server.servesAtOnce = false
        // Most of them wait: for a stream's next record, a job's next event.
        server.maxRunningCalls = 2_048
        return server
    }
}
