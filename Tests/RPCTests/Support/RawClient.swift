import RPC
import Testing
import Transport
import Wire

/// A client that sends what the test tells it to: for what a proper client never does. Made by `with`, which says HELLO.
final class RawClient: ClientSocketSink, @unchecked Sendable {
    struct Received: Sendable {
        var header: Header
        var payload: [UInt8]
    }

    let epoch: UInt64
    // `@unchecked`: the socket is touched on the loop only, the iterator by the one task of the test.
    private let loop: SocketThread
    private var socket: (any ClientSocket)?
    private let continuation: AsyncStream<Received>.Continuation
    private var iterator: AsyncStream<Received>.AsyncIterator

    private init(loop: SocketThread, epoch: UInt64) {
        self.loop = loop
        self.epoch = epoch
        let (stream, continuation) = AsyncStream<Received>.makeStream()
        self.continuation = continuation
        iterator = stream.makeAsyncIterator()
    }

    static func with<Result>(
        _ endpoint: Endpoint, limits: Limits = Limits(initialCreditMessages: 64, initialCreditBytes: 1 << 20), hello: Bool = true,
        _ body: (RawClient) async throws -> Result
    ) async throws -> Result {
        let loop = SocketThread(name: "raw-client")
        defer { loop.close() }
        let client = RawClient(loop: loop, epoch: .random(in: 1 ... .max))
        try await onLoop(loop) {
            let socket = try loop.makeClientSocket(endpoint, security: .none, maxFrameBytes: 4 << 20)
            socket.sink = client
            loop.add(socket)
            client.socket = socket
        }
        do {
            if hello {
                client.send(Header(kind: .hello, limits: limits))
                #expect(try await client.next().header.kind == .hello)
            }
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
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

    /// With version 1 and the client's epoch, unless the header says otherwise.
    func send(_ header: Header, payload: [UInt8] = []) {
        var header = header
        if header.version == 0 { header.version = 1 }
        if header.epoch == 0 { header.epoch = epoch }
        send(frame: (try? header.encoded()) ?? [], payload: payload)
    }

    /// Exactly these bytes.
    func send(frame: [UInt8], payload: [UInt8] = []) {
        loop.execute { _ = frame.withUnsafeBytes { self.socket?.send(header: $0, payload: payload) } }
    }

    /// The next message that is not the heartbeat's.
    func next() async throws -> Received {
        while true {
            let received = try #require(await iterator.next(isolation: nil), "the connection ended")
            if received.header.kind == .ping || received.header.kind == .pong { continue }
            return received
        }
    }

    /// Asks for a PONG and gives what came before it: whatever the server had to say to what was sent until now.
    func answers() async throws -> [Received] {
        let number = UInt64.random(in: 1 ... .max)
        send(Header(kind: .ping, sequence: number))
        var before: [Received] = []
        while let received = await iterator.next(isolation: nil) {
            if received.header.kind == .pong, received.header.sequence == number { return before }
            if received.header.kind != .ping, received.header.kind != .pong { before.append(received) }
            if received.header.kind == .bye { return before }
        }
        throw RPCError(.unavailable, "the connection ended")
    }

    func received(header: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        guard let header = try? Header.decode(frame: header) else { return }
        continuation.yield(Received(header: header, payload: Array(payload)))
    }

    func receivedMalformed(frameCount: Int) {}
    func lost(_ loss: SocketLoss) { continuation.finish() }
}
