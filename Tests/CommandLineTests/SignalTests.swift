import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct SignalTests {
    @Test(arguments: [SIGINT, SIGTERM]) func `A signal cancels the call and ends quietly`(_ signal: CInt) async throws {
        // One place: the second call is taken only once the server knows that the first was cancelled.
        try await EchoServerProcess.with(["--max-running", "1"]) { server in
            let child = try server.start("call", "/rdrec.test.v1.Echo/Chat")
            try child.send("{}\n")
            #expect(await child.nextLine() != nil)
            child.signal(signal)
            #expect(await child.ended() == Finished(output: [], errors: [], status: 128 + signal))
            #expect(try await server.call("Put", "{}").status == 0)
        }
    }

    @Test func `An endless watch ends by a signal`() async throws {
        try await EchoServerProcess.with { server in
            let child = try server.start("health", "--watch")
            #expect(await child.nextLine() == "SERVING")
            child.signal(SIGINT)
            #expect(await child.ended() == Finished(output: [], errors: [], status: 130))
        }
    }

    @Test func `An output that nobody reads ends the call quietly`() async throws {
        try await EchoServerProcess.with { server in
            let child = try server.start("call", "/rdrec.test.v1.Echo/Expand", #"{"count": 4000000000}"#, closesOutput: true)
            #expect(await child.ended() == Finished(output: [], errors: [], status: 141))
        }
    }
}
