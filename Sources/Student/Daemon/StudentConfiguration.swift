package import Daemons
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
