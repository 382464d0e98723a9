internal import Daemons
internal import LlamaModel
internal import Locks
package import Logging
package import Prometheus
internal import RPC
package import ServiceLifecycle
package import Transport
package import UnixSignals
internal import Wire

/// A worker that dials out to a broker: everything that runs in `teacherd worker`, without the process around it.
///
/// At the end it takes no more work, finishes what it has within the drain budget, and says farewell; what is left the broker gives to
/// others.
package final class WorkerDaemon: Sendable {
    private let configuration: WorkerConfiguration
    private let loader: ModelLoader
    private let client: RPCClient
    private let metrics: TeacherMetrics
    private let registry: PrometheusRegistry
    private let logger: Logger
    private let announce: @Sendable (String) -> Void
    private let model = ModelReadiness()
    private let isAttached = Locked(false)

    /// - Parameters:
    ///   - loop: the process's socket thread, which must outlive the daemon.
    ///   - announce: told a line for each thing that happens first: `http PORT`, and `ready` when it is attached.
    package init(
        _ configuration: WorkerConfiguration, loader: @escaping ModelLoader, loop: SocketThread, registry: PrometheusRegistry,
        logger: Logger, announce: @escaping @Sendable (String) -> Void
    ) throws {
        self.configuration = configuration
        self.loader = loader
        self.registry = registry
        self.logger = logger
        self.announce = announce
        metrics = TeacherMetrics(factory: registry)
        var client = ClientConfiguration(endpoint: configuration.broker)
        client.security = configuration.security
        client.connection.backoff.maximum = .seconds(2)
        self.client = try RPCClient(client, loop: loop, logger: logger, metrics: registry)
    }

    /// Runs until one of the signals has come and the daemon has ended.
    /// - Throws: also what the broker refuses this worker for.
    package func run(until signals: [UnixSignal]) async throws { try await group(signals).run() }

    /// What runs, in the order of need.
    package func group(_ signals: [UnixSignal]) -> ServiceGroup {
        var services: [any Service] = []
        if let port = configuration.process.operations.httpPort {
            services.append(
                OperationsServer(
                    port: port, isReady: { self.isAttached.withLock { $0 } }, metrics: { self.metricsText() },
                    announce: { self.announce("http \($0)") }))
        }
        services.append(Dialer(daemon: self))
        return configuration.process.operations.group(services, until: signals, logger: logger)
    }

    private func metricsText() -> String {
        if let model = model.ready {
            metrics.tell(model.generator.load)
            metrics.tell(model.info)
        }
        return registry.render()
    }

    private struct Dialer: Service {
        let daemon: WorkerDaemon

        func run() async throws {
            let process = daemon.configuration.process
            let worker = try await daemon.model.load(process, daemon.loader, daemon.logger)
            let isFirst = Locked(true)
            let attachments = WorkerAttachments(worker, stallBudget: process.stallBudget, logger: daemon.logger)
            let result = await Swift.Result { () async throws in
                try await attachments.run(at: TeacherBrokerClient(daemon.client), drainBudget: process.operations.drainBudget) { attached in
                    daemon.isAttached.withLock { $0 = attached }
                    let announces = isFirst.withLock { first in
                        defer { first = first && !attached }
                        return first && attached
                    }
                    if announces { daemon.announce("ready") }
                }
            }
            await daemon.client.close()
            await daemon.model.stop()
            try result.get()
        }
    }
}
