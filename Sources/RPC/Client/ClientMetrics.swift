internal import CoreMetrics
internal import Metrics
internal import Transport
internal import Wire

/// The counters of one method of a client, as gRPC's Prometheus libraries name them; each attempt of a retried call counts. Confined to
/// the socket thread.
final class ClientMethodMetrics {
    let info: MethodInfo
    private let factory: any MetricsFactory
    private let labels: [(String, String)]
    private let startedCounter: Counter
    private let seconds: Metrics.Timer
    private var handledCounters: [Counter?]

    init(_ info: MethodInfo, factory: any MetricsFactory) {
        self.info = info
        self.factory = factory
        labels = [("grpc_type", info.kind.metricsLabel), ("grpc_service", info.service), ("grpc_method", info.name)]
        startedCounter = Counter(label: "grpc_client_started_total", dimensions: labels, factory: factory)
        seconds = Metrics.Timer(
            label: "grpc_client_handling_seconds", dimensions: labels, preferredDisplayUnit: .seconds, factory: factory)
        handledCounters = [Counter?](repeating: nil, count: StatusCode.allCases.count)
    }

    func started() { startedCounter.increment() }

    func handled(_ code: StatusCode, _ time: Nanoseconds) {
        seconds.recordNanoseconds(time.count)
        let index = Int(code.rawValue)
        if let known = handledCounters[index] { return known.increment() }
        let made = Counter(
            label: "grpc_client_handled_total", dimensions: labels + [("grpc_code", code.description)], factory: factory)
        handledCounters[index] = made
        made.increment()
    }
}
