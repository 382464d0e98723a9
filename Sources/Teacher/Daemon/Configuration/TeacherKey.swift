internal import Daemons

/// What can be set of teacherd. `Deploy/teacherd.md` lists it for those who run it.
package enum TeacherKey: String, DaemonSettingKey {
    /// Path of the model, a GGUF file. Default: where Deploy/fetch-model.sh puts the default model.
    case model
    /// Where to listen, `ipc://PATH` or `tcp://HOST:PORT`; several with commas between. Default: teacher.ipc in the runtime directory.
    case endpoint
    /// Workers inside the broker's process: 0 or 1. Default: 1.
    case workers
    /// Threads of the kernels: 0 to 256; 0 is one a core. Default: 0.
    case threads
    /// Requests that the engine writes at a time: 1 to 256. Default: 32.
    case slots
    /// Memory of keys and values: 1MiB to 1TiB. Default: 512MiB.
    case kvMemory = "kv-memory"
    /// The chat template's family, in place of the one that the model's file has. Default: the file's.
    case chatTemplate = "chat-template"
    /// A file with another wording of the rationale's prompt. Default: the built-in one.
    case promptFile = "prompt-file"
    /// Requests that may wait for a slot: 0 to 98,000. Default: 4096.
    case maxQueued = "max-queued"
    /// Texts of the requests without an answer: 1MiB to 1TiB. Default: 256MiB.
    case maxQueuedBytes = "max-queued-bytes"
    /// Requests that one stream may have queued and running: 1 to 65,536. Default: 256.
    case maxInFlight = "max-in-flight"
    /// Memory of finished rationales: 0 to 1TiB; 0 keeps none. Default: 64MiB.
    case cacheMemory = "cache-memory"
    /// Seconds without progress after which the engine counts as stalled: 0.1 to 3,600. Default: 30.
    case stallSeconds = "stall-seconds"
    /// Seconds that open calls may take at shutdown: 0 to 3,600. Default: 20.
    case drainSeconds = "drain-seconds"
    /// Port on 127.0.0.1 of /livez, /readyz and /metrics: 0 (any free one) to 65,535, or off. Default: 9470 for serve, off for worker.
    case httpPort = "http-port"
    /// The worker's name in loads and provenances: 1 to 64 characters [A-Za-z0-9_.-]. Default: host name and process id.
    case workerID = "worker-id"
    /// The broker that a worker dials: `ipc://PATH` or `tcp://HOST:PORT`.
    case broker
    /// The broker's public key, 40 characters of Z85, where it speaks CURVE.
    case serverKey = "server-key"
    /// Key file of this process, for CURVE on tcp; `rdrec keygen` makes one.
    case keyFile = "key-file"
    /// Who may connect by CURVE, a line a key; read again on SIGHUP.
    case allowList = "allow-list"
    /// Allow tcp on loopback without CURVE: true or false. Default: false.
    case insecure
    /// Milliseconds between heartbeats of connections: 10 to 600,000. Default: 1000.
    case heartbeatMs = "heartbeat-ms"
    /// Least level of what is logged to standard error: trace, debug, info, notice, warning, error, critical. Default: notice.
    case logLevel = "log-level"
    /// The configuration file: lines `key = value`, `#` begins a comment. Cannot be in the file itself.
    case config

    package static let variablePrefix = "RDREC_TEACHERD_"
}
