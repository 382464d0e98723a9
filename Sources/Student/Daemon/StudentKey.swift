internal import Daemons

/// What can be set of studentd. A key is the name of an option (`--data DIR`), of a line in the configuration file (`data = DIR`), and in
/// capitals of an environment variable (`RDREC_STUDENTD_DATA=DIR`). The nearest counts: command line, environment, file, default.
/// `Deploy/studentd.md` lists them for those who run it.
package enum StudentKey: String, DaemonSettingKey {
    package static let variablePrefix = "RDREC_STUDENTD_"

    /// The directory of the store and the models; made where it is not there. Default: rdrec in $XDG_DATA_HOME or ~/.local/share.
    case data
    /// Teachers that distillation has rationales written by, `ipc://PATH` or `tcp://HOST:PORT`, several with commas between; none = no
    /// distillation. Default: teacher.ipc in the runtime directory.
    case teacher
    /// The teachers' public key, for CURVE on tcp: 40 characters of Z85.
    case teacherKey = "teacher-key"
    /// Reviews that are at one teacher at a time: 1 to 65,536. Default: 256.
    case inFlight = "in-flight"
    /// Without an answer, while reviews are at a teacher, after which its call is given up: 1 to 86,400. Default: 300.
    case teacherSilence = "teacher-silence-seconds"
    /// Threads that answer recommendations: 0 to 256; 0 is a quarter of the processors, at least 1. Default: 0.
    case servingThreads = "serving-threads"
    /// Threads that train and evaluate: 0 to 256; 0 is the processors that serving leaves, at least 1. Default: 0.
    case trainingThreads = "training-threads"
    /// Requests that the model answers at once: 1 to 1,024. Default: 64.
    case batch
    /// Milliseconds that the first request of a batch waits for others: 0 to 1,000. Default: 2.
    case batchDelayMs = "batch-delay-ms"
    /// Recommendations that wait for the model; further ones are refused: 1 to 65,536. Default: 1,024.
    case maxQueued = "max-queued"
    /// Versions that stay on disk beside the active one and those in use: 1 to 10,000. Default: 5.
    case keepModels = "keep-models"
    /// Whether a version that a training has finished becomes active by itself: never, if-better, always. Default: if-better.
    case activation
    case endpoint
    case drainSeconds = "drain-seconds"
    case httpPort = "http-port"
    case logLevel = "log-level"
    case keyFile = "key-file"
    case allowList = "allow-list"
    case insecure
    case heartbeatMs = "heartbeat-ms"
    case config
}
