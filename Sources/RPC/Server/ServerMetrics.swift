internal import CoreMetrics
internal import Metrics
internal import Transport
internal import Wire

/// The counters of one method of a server, with the names and labels that gRPC's Prometheus libraries have made usual. Confined to the
/// socket thread.
final class ServerMethodMetrics {
    private let factory: any MetricsFactory
    private let labels: [(String, String)]
    private let kind: CallKind?
    private let startedCounter: Counter
    private let seconds: Metrics.Timer
    private let received: Counter
    private let sent: Counter
    /// By code; made when first needed, so that only series that happen exist.
    private var handledCounters: [Counter?]

    /// - Parameter info: nil for all methods that are not served: callers must not be able to make new series by inventing names.
    init(_ info: MethodInfo?, factory: any MetricsFactory) {
        self.factory = factory
        kind = info?.kind
        labels = [
            ("grpc_type", info?.kind.metricsLabel ?? "unknown"), ("grpc_service", info?.service ?? "unknown"),
            ("grpc_method", info?.name ?? "unknown"),
        ]
        startedCounter = Counter(label: "grpc_server_started_total", dimensions: labels, factory: factory)
        seconds = Metrics.Timer(
            label: "grpc_server_handling_seconds", dimensions: labels, preferredDisplayUnit: .seconds, factory: factory)
        received = Counter(label: "grpc_server_msg_received_total", dimensions: labels, factory: factory)
        sent = Counter(label: "grpc_server_msg_sent_total", dimensions: labels, factory: factory)
        handledCounters = [Counter?](repeating: nil, count: StatusCode.allCases.count)
    }

    func started() { startedCounter.increment() }

    /// - Parameters:
    ///   - received: MESSAGEs of the caller.
    ///   - sent: MESSAGEs to the caller.
    func handled(_ code: StatusCode, _ time: Nanoseconds, received: UInt64, sent: UInt64) {
        handledCounter(code).increment()
        seconds.recordNanoseconds(time.count)
        guard let kind else { return }
        // A request in CALL and a reply in STATUS are messages too.
        let requests = kind.requestsStream ? received : 1
        let responses = kind.responsesStream ? sent : code == .ok ? 1 : 0
        if requests > 0 { self.received.increment(by: Int64(clamping: requests)) }
        if responses > 0 { self.sent.increment(by: Int64(clamping: responses)) }
    }

    private func handledCounter(_ code: StatusCode) -> Counter {
        let index = Int(code.rawValue)
        if let known = handledCounters[index] { return known }
        let made = Counter(
            label: "grpc_server_handled_total", dimensions: labels + [("grpc_code", code.description)], factory: factory)
        handledCounters[index] = made
        return made
    }
}

extension CallKind {
    /// The label `grpc_type`.
    var metricsLabel: String {
        switch self {
        case .unary: "unary"
        case .serverStream: "server_stream"
        case .clientStream: "client_stream"
        case .bidirectional: "bidi_stream"
        }
    }
}
