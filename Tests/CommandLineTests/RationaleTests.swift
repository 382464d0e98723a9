import Foundation
import RPC
import Synchronization
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct RationaleTests {
    @Test func `A text gets two sentences`() async throws {
        let teacher = FakeTeacher()
        try await withOwnServer(register: teacher.register, schema: []) { _, endpoint in
            func run(_ arguments: String..., input: String = "") async throws -> Finished {
                try await runCommand(["rationale", "--endpoint", endpoint] + arguments, input: input)
            }
            let sentences = ["The user prefers a firm \\u{7}seat.", "The item's attributes are a firm \\u{7}seat."]
            #expect(try await run("a firm \u{7}seat") == Finished(output: sentences, errors: [], status: 0))
            #expect(try await run("-", input: "warm\n").output.first == "The user prefers warm.")
            let json = try await run("warm", "--json")
            #expect(try value("userPreference", of: json.output.first) == "The user prefers warm." && json.output.count == 1)
            let refused = try await run("", "--seed", "7", "--temperature", "0.5")
            #expect(refused == Finished(output: [], errors: ["error: INVALID_ARGUMENT: review.text is empty"], status: 13))
        }
        #expect(teacher.requests.last?.sampling == Sampling(temperature: 0.5, seed: 7))
        #expect(teacher.requests.first?.sampling == nil && teacher.requests.first?.priority == .interactive)
    }

    @Test func `Without an endpoint the teacher of this user is called`() async throws {
        try await withTemporaryFolder { folder in
            for command in [["rationale", "x"], ["complete", "x"]] {
                let finished = try await runCommand(command, environment: ["RDREC_RUNTIME_DIR": folder])
                #expect(finished.errors == ["error: UNAVAILABLE: cannot connect to ipc://\(folder)/teacher.ipc: is the server running?"])
            }
        }
    }

    @Test(arguments: [
        ["rationale"], ["rationale", "x", "--file", "a", "--out", "b"], ["rationale", "--file", "a"], ["rationale", "--out", "a"],
        ["rationale", "x", "--out", "a"], ["rationale", "--json", "--file", "a", "--out", "b"], ["rationale", "x", "--temperature", "-1"],
        ["rationale", "x", "--top-p", "2"], ["rationale", "--file", "a", "--out", "b", "--in-flight", "0"],
        ["rationale", "--file", "a", "--out", "b", "--patience", "-1"], ["complete"], ["complete", "x", "--system", "y"],
        ["complete", "x", "--top-k", "-1"],
    ]) func `Wrong arguments exit with 64`(_ arguments: [String]) async throws {
        let finished = try await runCommand(arguments)
        #expect(finished.status == 64 && finished.output.isEmpty && !finished.errors.isEmpty)
    }

    @Test func `A completion is printed, at its end or as it comes`() async throws {
        try await withOwnServer(register: FakeTeacher().register, schema: []) { _, endpoint in
            func run(_ arguments: String..., input: String = "") async throws -> [String] {
                let finished = try await runCommand(["complete", "--endpoint", endpoint] + arguments, input: input)
                #expect(finished.status == 0 && finished.errors.isEmpty)
                return finished.output
            }
            let plain = ["prompt=Once upon", "none", "\\u{1b}"]
            #expect(try await run("Once upon") == plain)
            #expect(try await run("-", input: "Once upon\n") == plain)
            #expect(try await run("Once upon", "--stream") == plain)
            let chat = try await run(
                "Hi", "--chat", "--system", "Be brief.", "--stop", "a", "--stop", "b", "--top-p", "0.5", "--top-k", "3", "--max-tokens", "9"
            )
            #expect(chat == ["system=Be brief.;user=Hi", "0.0,0.5,3,0,9", "\\u{1b}a|b"])
        }
    }
}
