internal import FlyingFox
internal import FlyingSocks
internal import Foundation
internal import Prometheus
internal import ServiceLifecycle

/// HTTP on loopback for who runs the daemon: `/livez`, `/readyz`, `/metrics`. Nothing of the services, and nothing that changes anything.
package struct OperationsServer: Service {
    private let port: UInt16
    private let isReady: @Sendable () -> Bool
    private let metrics: @Sendable () -> String
    private let announce: @Sendable (UInt16) -> Void

    /// - Parameters:
    ///   - port: 0 is any free one.
    ///   - isReady: what `/readyz` answers.
    ///   - metrics: the text of `/metrics`.
    ///   - announce: told the port when it listens.
    package init(
        port: UInt16, isReady: @escaping @Sendable () -> Bool, metrics: @escaping @Sendable () -> String,
        announce: @escaping @Sendable (UInt16) -> Void
    ) {
        self.port = port
        self.isReady = isReady
        self.metrics = metrics
        self.announce = announce
    }

    package func run() async throws {
        let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: port), logger: .disabled)
        await server.appendRoute("GET /livez") { _ in Self.text(.ok, "alive\n") }
        await server.appendRoute("GET /readyz") { _ in
            isReady() ? Self.text(.ok, "ready\n") : Self.text(.serviceUnavailable, "not ready\n")
        }
        await server.appendRoute("GET /metrics") { _ in Self.text(.ok, metrics(), type: PrometheusRegistry.contentType) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await server.run() } catch { if !Task.isCancelled { throw error } }
            }
            group.addTask {
                try await server.waitUntilListening()
                if case .ip4(_, let port) = await server.listeningAddress { announce(port) }
                try await gracefulShutdown()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func text(_ status: HTTPStatusCode, _ text: String, type: String = "text/plain; charset=utf-8") -> HTTPResponse {
        HTTPResponse(statusCode: status, headers: [.contentType: type], body: Data(text.utf8))
    }
}
