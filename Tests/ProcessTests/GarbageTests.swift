import ChildProcesses
import EchoProtos
import RPC
import Testing
import Transport

/// Strangers who send anything at all to a server's port.
@Suite(.timeLimit(.minutes(1)))
struct GarbageTests {
    @Test("Garbage from plain sockets harms nobody, and takes no memory")
    func garbage() async throws {
        try await Stage.with { stage in
            let server = try await stage.server("tcp://127.0.0.1:0")
            let port = try found(server.endpoint.split(separator: ":").last.flatMap { UInt16($0) }, "the port of \(server.endpoint)")
            let client = try stage.client(server.endpoint)
            for number in 0..<200 { try await answers(client, number) }
            let before = try Proc.residentBytes(server.pid)
            let stop = Flag()
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var count = 0
                    while !stop.isSet {
                        try await answers(client, count)
                        count += 1
                    }
                    return count
                }
                try await onBlockingThread(named: "strangers") { for round in 0..<150 { try Self.strangers(port: port, round: round) } }
                stop.set()
                #expect(try await group.reduce(0, +) > 0)
            }
            for number in 0..<100 { try await answers(client, number) }
            #expect(try Proc.residentBytes(server.pid) - before < 64 << 20)
            #expect(server.child.isAlive)
            try await eventually("the server knows its one client only") { try await ServerFigures(from: client).peers == 1 }
        }
    }

    @Test("A frame that claims a huge length is refused before it is read")
    func hugeFrame() async throws {
        try await Stage.with { stage in
            let server = try await stage.server("tcp://127.0.0.1:0")
            let port = try found(server.endpoint.split(separator: ":").last.flatMap { UInt16($0) }, "the port of \(server.endpoint)")
            for length in [UInt64(9 << 20), 1 << 40, .max >> 1, .max] {
                let closed = try await onBlockingThread(named: "stranger") {
                    let socket = try RawSocket(port: port)
                    socket.send(ZMTP.handshake + ZMTP.longFrame(length))
                    return socket.isClosedByPeer(within: 10)
                }
                #expect(closed, "a frame of \(length) bytes")
            }
            #expect(server.child.isAlive)
        }
    }

    private func answers(_ client: EchoClient, _ number: Int) async throws {
        let reply = try await client.get(
            EchoRequest(text: "good", count: UInt32(number)), options: CallOptions(timeout: .seconds(20), retries: false))
        #expect(reply.text == "good" && reply.count == UInt32(number))
    }

    private static func strangers(port: UInt16, round: Int) throws {
        func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255) } }
        // Noise from the first byte on.
        try RawSocket(port: port).send(random(.random(in: 1...5_000)))
        // A good beginning, cut anywhere.
        try RawSocket(port: port).send(Array(ZMTP.handshake.prefix(.random(in: 0...ZMTP.handshake.count))))
        // A stranger who stays, silent.
        let silent = try RawSocket(port: port)
        silent.send(Array(ZMTP.handshake.prefix(round % ZMTP.handshake.count)))
        silent.finish()
        // ZeroMQ's form, but nothing of ours in it: one frame, then a message of many frames that does not end.
        let talker = try RawSocket(port: port)
        talker.send(ZMTP.handshake + [0, 20] + random(20))
        for _ in 0..<20 { talker.send([1, 250] + random(250)) }
        // Two frames, as we have them, of noise.
        try RawSocket(port: port).send(ZMTP.handshake + [1, 40] + random(40) + [0, 30] + random(30))
        // A frame that breaks off after its length.
        try RawSocket(port: port).send(ZMTP.handshake + ZMTP.longFrame(8 << 20) + random(100))
    }
}
