import ChildProcesses
import EchoProtos
import Glibc
import RPC
import Testing

/// Where a server does not start.
@Suite(.timeLimit(.minutes(1)))
struct OneServerTests {
    @Test("A second server on one path ends with an error that names the path and the first one's process")
    func secondServer() async throws {
        try await Stage.with { stage in
            let first = try await stage.server(stage.ipc())
            let second = try stage.start("echo-server", ["--endpoint", stage.ipc()])
            let ending = try await second.ended()
            #expect(ending != .exited(0))
            if case .signalled = ending { Issue.record("it crashed: \(ending)") }
            #expect(second.errors.contains(stage.folder + "/s"))
            #expect(second.errors.contains("process \(first.pid)"))
            // The first one is none the worse.
            let client = try stage.client(first.endpoint)
            #expect(try await client.get(EchoRequest(text: "still")).text == "still")
        }
    }

    @Test("A second server on one port ends with an error that names it")
    func portInUse() async throws {
        try await Stage.with { stage in
            let first = try await stage.server("tcp://127.0.0.1:0")
            let second = try stage.start("echo-server", ["--endpoint", first.endpoint, "--insecure"])
            let ending = try await second.ended()
            #expect(ending != .exited(0))
            if case .signalled = ending { Issue.record("it crashed: \(ending)") }
            #expect(second.errors.contains("binding \(first.endpoint): Address already in use"), "\(second.errors)")
        }
    }

    @Test("After a crash a new server starts on the path that the dead one left")
    func staleSocketFile() async throws {
        try await Stage.with { stage in
            let first = try await stage.server(stage.ipc())
            first.child.signal(SIGKILL)
            _ = try await first.child.ended()
            var status = stat()
            #expect(lstat(stage.folder + "/s", &status) == 0, "the socket file is what the test is about")
            let second = try await stage.server(stage.ipc())
            let client = try stage.client(second.endpoint)
            #expect(try await client.get(EchoRequest(text: "new")).text == "new")
        }
    }

    @Test("A successor that starts as soon as it may has its socket")
    func successor() async throws {
        try await Stage.with { stage in
            var server = try await stage.server(stage.ipc())
            for round in 0..<8 {
                server.child.signal(SIGTERM)
                // Refused until the lock is free, which is when the socket must be free too.
                server = try await eventualServer(on: stage)
                let client = try stage.client(server.endpoint)
                let options = CallOptions(timeout: .seconds(5), waitForReady: true)
                let reply = try await client.get(EchoRequest(count: UInt32(round)), options: options)
                #expect(reply.count == UInt32(round))
                await client.client.close()
            }
        }
    }

    private func eventualServer(on stage: Stage) async throws -> EchoServerProcess {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                return try await stage.server(stage.ipc())
            } catch let error as Missing where error.description.contains("serves this socket already") && ContinuousClock.now < deadline {
                continue
            }
        }
    }

    @Test("Beyond this machine a server without keys does not start", arguments: ["tcp://0.0.0.0:0", "tcp://*:0", "tcp://[::]:0"])
    func openToAll(_ endpoint: String) async throws {
        try await Stage.with { stage in
            for arguments in [[], ["--insecure"]] {
                let server = try stage.start("echo-server", ["--endpoint", endpoint] + arguments)
                let ending = try await server.ended()
                #expect(ending != .exited(0))
                if case .signalled = ending { Issue.record("it crashed: \(ending)") }
                #expect(server.errors.contains("--key-file"), "\(server.errors)")
                #expect(server.output.isEmpty)
            }
        }
    }
}
