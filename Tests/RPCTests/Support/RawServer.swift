import Prometheus
import RPC
import Testing
import Transport
import Wire

/// A server that says what the test tells it to, and nothing by itself: for what a proper server never does.
final class RawServer: ServerSocketSink, @unchecked Sendable {
    struct Received: Sendable {
        var peer: PeerID
        var header: Header
        var payload: [UInt8]
    }

    /// What came, in order. `@unchecked`: the rest is touched on the loop only.
    let received: AsyncStream<Received>
    private let continuation: AsyncStream<Received>.Continuation
    private let loop: SocketThread
    private var socket: (any ServerSocket)?
    private let inFlight = BytesInFlight()
    /// Answers on the loop, as the message comes.
    private let script: @Sendable (RawServer, Received) -> Void

    private init(loop: SocketThread, script: @escaping @Sendable (RawServer, Received) -> Void) {
        self.loop = loop
        self.script = script
        (received, continuation) = AsyncStream.makeStream()
    }

    /// Runs `body` with a server at a new in-process endpoint.
    static func with<Result>(
        _ endpoint: Endpoint, script: @escaping @Sendable (RawServer, Received) -> Void, _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let loop = SocketThread(name: "raw-server")
        defer { loop.close() }
        let server = RawServer(loop: loop, script: script)
        try await onLoop(loop) {
            let socket = try loop.makeServerSocket(
                endpoint, security: .none, maxFrameBytes: 4 << 20, metrics: TransportMetrics(factory: PrometheusRegistry()))
            socket.sink = server
            loop.add(socket)
            server.socket = socket
        }
        do {
            let result = try await body(server)
            await server.close()
            return result
        } catch {
            await server.close()
            throw error
        }
    }

    private func close() async {
        await withCheckedContinuation { done in
            loop.execute {
                if let socket = self.socket {
                    self.loop.remove(socket)
                    socket.close(linger: .milliseconds(0))
                }
                self.socket = nil
                self.continuation.finish()
                done.resume()
            }
        }
    }

    /// On any thread. The version is 1 unless the header says otherwise.
    func send(_ header: Header, payload: [UInt8] = [], to peer: PeerID) {
        loop.execute {
            var header = header
            if header.version == 0 { header.version = 1 }
            guard let socket = self.socket, let bytes = try? header.encoded() else { return }
            _ = bytes.withUnsafeBytes { socket.send(to: peer, header: $0, payload: payload, inFlight: self.inFlight) }
        }
    }

    /// HELLO with limits that nobody reaches.
    func welcome(
        _ message: Received, limits: Limits = Limits(maxCallsInFlight: 100, initialCreditMessages: 64, initialCreditBytes: 1 << 20)
    ) {
        send(Header(kind: .hello, epoch: message.header.epoch, limits: limits), to: message.peer)
    }

    func received(from peer: PeerID, user: @autoclosure () -> String?, header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        guard let header = try? Header.decode(frame: header) else { return }
        let message = Received(peer: peer, header: header, payload: Array(payload))
        script(self, message)
        continuation.yield(message)
    }

    func receivedMalformed(from peer: PeerID?, frameCount: Int) {}
}

/// Runs `body` on a socket thread and waits for what it gives.
func onLoop<Result: Sendable>(_ loop: SocketThread, _ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        loop.execute { continuation.resume(with: Swift.Result { try body() }) }
    }
}
