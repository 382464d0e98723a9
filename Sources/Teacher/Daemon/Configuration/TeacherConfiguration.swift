package import Daemons
internal import Foundation
internal import RPC
internal import Tokenizers
package import Transport

/// What both kinds of teacherd have to know: of the model, of the process, and how it ends.
package struct ProcessConfiguration: Sendable {
    package var model: ModelSettings
    package var workerID: String
    package var stallBudget: Duration
    package var operations: OperationsConfiguration

    init(
        _ settings: LayeredSettings<TeacherKey>, defaultPort: UInt16?, environment: [String: String]
    ) throws(ConfigurationError) {
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
        operations = try OperationsConfiguration(settings, defaultPort: defaultPort)
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
    package var listener: ListenerConfiguration
    package var hasWorker: Bool
    package var limits: BrokerMachine.Limits
    /// Of all requests without an answer together.
    package var maxRequestBytes: Int
    package var maxInFlight: Int
    package var cacheBytes: Int

    /// - Throws: what is wrong, in words that name the key.
    package init(_ settings: LayeredSettings<TeacherKey>, environment: [String: String]) throws {
        process = try ProcessConfiguration(settings, defaultPort: 9_470, environment: environment)
        listener = try ListenerConfiguration(settings, socket: "teacher.ipc", environment: environment)
        hasWorker = try settings.integer(.workers, 0...1, default: 1) == 1
        limits = BrokerMachine.Limits(
            maxQueued: try settings.integer(.maxQueued, 0...98_000, default: 4_096))
        maxRequestBytes = try settings.bytes(.maxQueuedBytes, atLeast: 1 << 20, default: 256 << 20)
        maxInFlight = try settings.integer(.maxInFlight, 1...65_536, default: 256)
        cacheBytes = try settings.bytes(.cacheMemory, atLeast: 0, default: 64 << 20)
    }

    /// Of the server. Its calls wait for nothing but the broker: the broker's queue is the only one. Beside those in the queue there is
    /// room for those that run, for streams and for workers.
    var server: ServerConfiguration {
        var server = listener.server
        server.maxRunningCalls = limits.maxQueued + 2_000
        server.maxWaitingCalls = 0
        // A request lies there as it came and as it was read; streams and workers, a mebibyte each, have room beside them.
        server.maxHeldBytes = 2 * maxRequestBytes + (64 << 20)
        server.drainBudget = process.operations.drainBudget
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
    package init(_ settings: LayeredSettings<TeacherKey>, environment: [String: String]) throws {
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
