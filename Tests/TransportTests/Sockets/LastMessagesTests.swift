import Dispatch
import Locks
import Logging
import Testing
import Transport

/// What a server sent before it closed its socket reaches a client that had no time to read it.
struct LastMessagesTests {
    @Test(arguments: ["ipc", "tcp"])
    func messagesOutliveTheConnection(_ way: String) async throws {
        let folder = try TemporaryFolder()
        let endpoint = try Endpoint(way == "ipc" ? "ipc://\(folder.path("s"))" : "tcp://127.0.0.1:0")
        for _ in 0..<10 {
            let serverLoop = SocketThread(name: "server-io")
            let clientLoop = SocketThread(name: "client-io")
            let bound = try await on(serverLoop) { try Echoing.bind(endpoint, serverLoop) }
            let client = try await on(clientLoop) { try Reading.connect(bound.endpoint, clientLoop) }
            while client.state.withLock({ $0.messages }) == 0 { await Task.yield() }

            // The client's thread stands still while 500 messages come and the server goes.
            let (stands, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            clientLoop.execute {
                stands.signal()
                goesOn.wait()
            }
            await onDispatch { stands.wait() }
            try await on(serverLoop) { bound.socket.value.sendLast(count: 500) }
            // Waits until libzmq has handed over everything.
            await onDispatch { serverLoop.close() }
            goesOn.signal()
            while client.state.withLock({ $0.loss == nil }) { await Task.yield() }
            #expect(client.state.withLock { $0.messages } == 501)
            #expect(client.state.withLock { $0.loss } == .disconnected)
            try await on(clientLoop) { client.close() }
            await onDispatch { clientLoop.close() }
        }
    }

    private func on<Value: Sendable>(_ loop: SocketThread, _ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            loop.execute { continuation.resume(with: Result { try body() }) }
        }
    }

    private func onDispatch(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                body()
                continuation.resume()
            }
        }
    }
}

/// A server's socket that answers one message.
private final class Echoing: ServerSocketSink {
    private let socket: any ServerSocket
    private let loop: SocketThread
    private let inFlight = BytesInFlight()
    private var peer: PeerID?

    private init(_ socket: any ServerSocket, _ loop: SocketThread) {
        self.socket = socket
        self.loop = loop
        socket.sink = self
        loop.add(socket)
    }

    static func bind(_ endpoint: Endpoint, _ loop: SocketThread) throws -> (endpoint: Endpoint, socket: LoopBound<Echoing>) {
        let socket = try loop.makeServerSocket(endpoint, security: .none, maxFrameBytes: 1 << 20, metrics: TransportMetrics())
        return (socket.boundEndpoint, LoopBound(Echoing(socket, loop), loop: loop))
    }

    func received(
        from peer: PeerID, user: @autoclosure () -> String?, header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) {
        self.peer = peer
        _ = socket.send(to: peer, header: header, payload: [], inFlight: BytesInFlight())
    }

    func receivedMalformed(from peer: PeerID?, frameCount: Int) {}

    func sendLast(count: Int) {
        guard let peer else { return }
        for _ in 0..<count { [UInt8(7)].withUnsafeBytes { _ = socket.send(to: peer, header: $0, payload: [1, 2, 3], inFlight: inFlight) } }
        loop.remove(socket)
        socket.close(linger: .milliseconds(10_000))
    }
}

/// A client's socket that counts what comes.
private final class Reading: ClientSocketSink, Sendable {
    struct State {
        var messages = 0
        var loss: SocketLoss?
    }

    let state = Locked(State())
    private let socket: LoopBound<any ClientSocket>

    private init(_ socket: LoopBound<any ClientSocket>) { self.socket = socket }

    static func connect(_ endpoint: Endpoint, _ loop: SocketThread) throws -> Reading {
        let socket = LoopBound(try loop.makeClientSocket(endpoint, security: .none, maxFrameBytes: 1 << 20), loop: loop)
        let reading = Reading(socket)
        socket.value.sink = reading
        loop.add(socket.value)
        [UInt8(7)].withUnsafeBytes { _ = socket.value.send(header: $0, payload: []) }
        return reading
    }

    func received(header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) { state.withLock { $0.messages += 1 } }
    func receivedMalformed(frameCount: Int) {}
    func lost(_ loss: SocketLoss) { state.withLock { $0.loss = loss } }

    func close() {
        socket.loop.remove(socket.value)
        socket.value.close(linger: Nanoseconds(0))
    }
}
