import EchoProtos
import RPC
import Testing

@Suite(.timeLimit(.minutes(2))) struct HealthTests {
    @Test func `A server that serves, and a service of it`() async throws {
        try await EchoServerProcess.with { server in
            #expect(try await server.run("health") == Finished(output: ["SERVING"], errors: [], status: 0))
            #expect(try await server.run("health", "rdrec.test.v1.Echo") == Finished(output: ["SERVING"], errors: [], status: 0))
            let unknown = try await server.run("health", "no.Service")
            #expect(unknown == Finished(output: [], errors: ["error: NOT_FOUND: no service no.Service here"], status: 15))
        }
    }

    @Test func `A server that does not serve exits with 1, and each change is a line`() async throws {
        try await withOwnServer(
            register: { EchoHandlers().register(in: &$0) }, schema: EchoFileDescriptors.set
        ) { server, endpoint in
            let watcher = try Child("rdrec", ["health", "--watch", "--endpoint", endpoint])
            #expect(await watcher.nextLine() == "SERVING")
            server.health.setServing(false)
            #expect(await watcher.nextLine() == "NOT_SERVING")
            let finished = try await runCommand(["health", "--endpoint", endpoint])
            #expect(finished == Finished(output: ["NOT_SERVING"], errors: [], status: 1))
            server.health.setServing(true)
            #expect(await watcher.nextLine() == "SERVING")
            await server.shutdown()
            let watched = await watcher.ended()
            #expect(watched.output == ["NOT_SERVING"] && watched.status == 24)
        }
    }

    @Test func `A command can wait for its server`() async throws {
        try await withTemporaryFolder { folder in
            let endpoint = "ipc://\(folder)/late"
            // The first attempts find nobody: the server is started when the second command has given up.
            let waiting = try Child("rdrec", ["health", "--wait", "--endpoint", endpoint])
            #expect(try await runCommand(["health", "--wait", "--timeout", "0.3", "--endpoint", endpoint]).status == 14)
            try await EchoServerProcess.with(endpoint: endpoint) { _ in
                #expect(await waiting.ended() == Finished(output: ["SERVING"], errors: [], status: 0))
            }
        }
    }
}
