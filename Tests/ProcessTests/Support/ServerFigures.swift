import EchoProtos
import RPC

/// The metrics of an echo server at one moment, as GetMetrics tells them.
struct ServerFigures {
    private let lines: [Substring]

    /// Asks through `client`, whose own connection then counts too.
    init(from client: EchoClient) async throws {
        let text = try await client.getMetrics(
            EchoRequest(), options: CallOptions(timeout: .seconds(20), waitForReady: true)
        ).text
        lines = text.split(separator: "\n")
    }

    /// The sum of the series of this name that have all of these labels, written `name="value"`.
    func sum(_ name: String, _ labels: String...) -> Int {
        var total = 0.0
        for line in lines where line.hasPrefix(name) {
            let rest = line.dropFirst(name.count)
            guard rest.first == "{" || rest.first == " ", labels.allSatisfy({ rest.contains($0) }) else { continue }
            total += rest.split(separator: " ").last.flatMap { Double($0) } ?? 0
        }
        return Int(total)
    }

    func started(_ method: String) -> Int { sum("grpc_server_started_total", "grpc_method=\"\(method)\"") }

    func handled(_ method: String) -> Int { sum("grpc_server_handled_total", "grpc_method=\"\(method)\"") }

    func handled(_ method: String, _ code: String) -> Int {
        sum("grpc_server_handled_total", "grpc_method=\"\(method)\"", "grpc_code=\"\(code)\"")
    }

    var peers: Int { sum("rdrec_transport_peers") }
}
