import Logging
import Prometheus
import RPC
import Testing
import Transport

/// Runs `body` with a client of `endpoint` that has a socket thread of its own, and ends it whatever happens.
func withClient<Result>(
    _ endpoint: Endpoint, _ configure: (inout ClientConfiguration) -> Void = { _ in }, interceptors: [any ClientInterceptor] = [],
    _ body: (RPCClient, PrometheusRegistry) async throws -> Result
) async throws -> Result {
    let loop = SocketThread(name: "client-io")
    defer { loop.close() }
    var configuration = ClientConfiguration(endpoint: endpoint)
    configure(&configuration)
    let metrics = PrometheusRegistry()
    let client = try RPCClient(configuration, interceptors: interceptors, loop: loop, logger: quietLogger, metrics: metrics)
    do {
        let result = try await body(client, metrics)
        await client.close()
        return result
    } catch {
        await client.close()
        throw error
    }
}

/// Says nothing: tests break on purpose what a log would complain of.
var quietLogger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}

/// Counts of malformed messages by their reason.
struct PrometheusReader {
    let registry: PrometheusRegistry

    init(_ registry: PrometheusRegistry) { self.registry = registry }

    var malformed: [String: Int] {
        var counts: [String: Int] = [:]
        for reason in MalformedReason.allCases {
            let count = Int(registry.value("rdrec_transport_malformed_total", "reason=\"\(reason.rawValue)\""))
            if count > 0 { counts[reason.rawValue] = count }
        }
        return counts
    }
}
