internal import Foundation
package import Logging
internal import RPC
internal import Tokenizers
package import Transport

/// What both kinds of teacherd have to know: of the model, of the process, and how it ends.
package struct ProcessConfiguration: Sendable {
    package var model: ModelSettings
    package var workerID: String
    package var stallBudget: Duration
    package var drainBudget: Duration
    /// From the signal to the end of the process, whatever hangs: the drain, then farewells and the engine's last step.
    var shutdownBudget: Duration { drainBudget + .seconds(20) }
    /// Then, from the cancellation of everything: what hangs even so ends with the process, by a trap.
    static let cancellationBudget: Duration = .seconds(10)
    /// Nil without HTTP.
    package var httpPort: UInt16?
    package var logLevel: Logger.Level

    init(_ settings: LayeredSettings, defaultPort: UInt16?, environment: [String: String]) throws(ConfigurationError) {
        let template = settings[.chatTemplate]
        if let template, ChatTemplate(name: template) == nil {
            throw ConfigurationError("chat-template is \(template); it takes one of \(ChatTemplate.names.joined(separator: ", "))")
        }
        model = ModelSettings(
            path: settings[.model] ?? Self.defaultModel(environment), threads: try settings.integer(.threads, 0...256, default: 0),
            slots: try settings.integer(.slots, 1...256, default: 32),
            keyValueBytes: try settings.bytes(.kvMemory, atLeast: 1 << 20, default: 512 << 20), chatTemplate: template,
            promptFile: settings[.promptFile])
        workerID = settings[.workerID] ?? Self.defaultWorkerID
        let isName = (1...64).contains(workerID.utf8.count) && workerID.utf8.allSatisfy { $0.isNameByte }
        guard isName else { throw ConfigurationError("worker-id is \(workerID); it takes 1 to 64 characters [A-Za-z0-9_.-]") }
        stallBudget = try settings.seconds(.stallSeconds, 0.1...3_600, default: 30)
        drainBudget = try settings.seconds(.drainSeconds, 0...3_600, default: 20)
        switch settings[.httpPort] {
        case "off": httpPort = nil
        case nil: httpPort = defaultPort
        case let text?:
            guard let port = UInt16(text) else { throw ConfigurationError("http-port is \(text); it takes 0 to 65535, or off") }
            httpPort = port
        }
        let level = settings[.logLevel] ?? "notice"
        guard let known = Logger.Level(rawValue: level) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("log-level is \(level); it takes one of \(names)")
        }
        logLevel = known
    }

    private static func defaultModel(_ environment: [String: String]) -> String {
        let cache = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? "") + "/.cache"
        return cache + "/rdrec/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    }

    /// Host names may hold what worker ids may not.
    private static var defaultWorkerID: String {
        let process = ProcessInfo.processInfo
        let host = process.hostName.utf8.filter { $0.isNameByte }.prefix(48)
        return "\(String(decoding: host, as: UTF8.self))-\(process.processIdentifier)"
    }
}

/// Of a broker, with a worker inside or without.
package struct TeacherConfiguration: Sendable {
    package var process: ProcessConfiguration
    package var endpoints: [Endpoint]
    package var security: ServerSecurity
    package var hasWorker: Bool
    package var limits: BrokerMachine.Limits
    /// Of all requests without an answer together.
    package var maxRequestBytes: Int
    package var maxInFlight: Int
    package var cacheBytes: Int
    package var heartbeatInterval: Duration

    /// - Throws: what is wrong, in words that name the key.
    package init(_ settings: LayeredSettings, environment: [String: String]) throws {
        process = try ProcessConfiguration(settings, defaultPort: 9_470, environment: environment)
        if let text = settings[.endpoint] {
            endpoints = try text.split(separator: ",").map { text in
                let endpoint = try Endpoint(String(text))
                guard !endpoint.isInProcess else { throw ConfigurationError("endpoint \(text): nobody outside this process could connect") }
                return endpoint
            }
        } else {
            let folder = try RuntimeDirectory.defaultPath(in: .ofProcess(environment: environment))
            endpoints = [try RuntimeDirectory(creating: folder).endpoint(named: "teacher.ipc")]
        }
        switch (settings[.keyFile], settings[.allowList]) {
        case (nil, nil): security = try settings.flag(.insecure) ? .insecureLoopback : .none
        case (let keys?, let list?): security = .curve(keys: try KeyPair(file: keys), allowList: try AllowListSource(file: list))
        default: throw ConfigurationError("key-file and allow-list belong together")
        }
        hasWorker = try settings.integer(.workers, 0...1, default: 1) == 1
        limits = BrokerMachine.Limits(
            maxQueued: try settings.integer(.maxQueued, 0...98_000, default: 4_096))
        maxRequestBytes = try settings.bytes(.maxQueuedBytes, atLeast: 1 << 20, default: 256 << 20)
        maxInFlight = try settings.integer(.maxInFlight, 1...65_536, default: 256)
        cacheBytes = try settings.bytes(.cacheMemory, atLeast: 0, default: 64 << 20)
        heartbeatInterval = .milliseconds(try settings.integer(.heartbeatMs, 10...600_000, default: 1_000))
    }

    /// Of the server. Its calls wait for nothing but the broker: the broker's queue is the only one. Beside those in the queue there is
    /// room for those that run, for streams and for workers.
    var server: ServerConfiguration {
        var server = ServerConfiguration(endpoints: endpoints)
        server.security = security
        server.connection.heartbeatInterval = heartbeatInterval
        server.maxRunningCalls = limits.maxQueued + 2_000
        server.maxWaitingCalls = 0
        // A request lies there as it came and as it was read; streams and workers, a mebibyte each, have room beside them.
        server.maxHeldBytes = 2 * maxRequestBytes + (64 << 20)
        server.drainBudget = process.drainBudget
        server.servesAtOnce = false
        return server
    }
}

/// Of a worker that dials out.
package struct WorkerConfiguration: Sendable {
    package var process: ProcessConfiguration
    package var broker: Endpoint
    package var security: ClientSecurity

    /// - Throws: what is wrong, in words that name the key.
    package init(_ settings: LayeredSettings, environment: [String: String]) throws {
        process = try ProcessConfiguration(settings, defaultPort: nil, environment: environment)
        guard let text = settings[.broker] else {
            throw ConfigurationError("broker is missing: a worker needs the endpoint of its broker, as tcp://HOST:PORT")
        }
        broker = try Endpoint(text)
        guard !broker.isInProcess else {
            throw ConfigurationError("broker \(text): inproc:// is inside one process: give ipc:// or tcp://")
        }
        _ = try broker.connectText()
        switch (settings[.serverKey], settings[.keyFile]) {
        case (nil, nil): security = .none
        case (let server?, let own?): security = .curve(server: try PublicKey(server), keys: try KeyPair(file: own))
        default: throw ConfigurationError("server-key and key-file belong together: CURVE needs both")
        }
        try security.check(broker)
    }
}
