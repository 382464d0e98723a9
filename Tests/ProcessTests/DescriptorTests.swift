import ChildProcesses
import EchoProtos
import RPC
import Testing

/// File descriptors come back.
@Suite(.timeLimit(.minutes(1)))
struct DescriptorTests {
    @Test("Two hundred connections leave no descriptor open, in either process", arguments: RestartTests.Way.allCases)
    func connectAndDisconnect(_ way: RestartTests.Way) async throws {
        try await Stage.with { stage in
            let server = try await stage.server(way.endpoint(on: stage))
            let load = try stage.load(server.endpoint)
            // What is opened once and kept is open after this.
            load.tell("cycle 3")
            try await eventually("3 cycles; \(load.output)") { load.outputLines.last == "cycled" }
            try await settle(server, load, peers: 0)
            let before = (server: try Proc.descriptorCount(server.pid), client: try Proc.descriptorCount(load.pid))
            load.tell("cycle 200")
            try await eventually("200 cycles; \(load.output)") { load.outputLines.count { $0 == "cycled" } == 2 }
            #expect(load.isAlive)
            // libzmq closes in its own time.
            try await eventually("the server's descriptors are closed") { try Proc.descriptorCount(server.pid) <= before.server }
            try await eventually("the client's descriptors are closed") { try Proc.descriptorCount(load.pid) <= before.client }
        }
    }

    /// Waits until the counts stand still, with everything closed that is being closed.
    private func settle(_ server: EchoServerProcess, _ load: ChildProcess, peers: Int) async throws {
        var last = (-1, -1)
        var same = 0
        try await eventually("the counts of descriptors stand still") {
            let now = (try Proc.descriptorCount(server.pid), try Proc.descriptorCount(load.pid))
            same = now == last ? same + 1 : 0
            last = now
            return same == 20
        }
    }
}
