import ChildProcesses
import Dispatch
import LlamaModel
import RPC
import ScriptedGenerator
import Teacher
import Testing
import Transport
import Wire

/// Health follows the model: not before it has written once, not while it stands still.
@Suite(.timeLimit(.minutes(1)))
struct HealthTests {
    @Test("NOT_SERVING until the model is loaded and warm; a request that came before is answered then")
    func loading() async throws {
        let mayLoad = DispatchSemaphore(value: 0)
        try await DaemonFixture.with(load: { mayLoad.wait() }) { fixture in
            #expect(try await fixture.status() == .notServing)
            #expect(
                try await failure { try await fixture.teacher.getModel(GetModelRequest(), options: CallOptions(retries: false)) }.code
                    == .unavailable)
            async let early = fixture.teacher.generateRationale(request(1))
            try await eventually("it waits") { fixture.daemon.broker.load.queued == 1 }
            mayLoad.signal()
            #expect(try Outcome(await early).status == .ok)
            #expect(try await fixture.status() == .serving)
            #expect(try await fixture.status("rdrec.v1.Teacher") == .serving)
            #expect(fixture.generator.load.finished == 2, "the warm-up and one")
        }
    }

    @Test("A model that cannot be loaded ends the daemon with its error")
    func cannotLoad() async throws {
        await #expect(throws: Missing.self) {
            try await DaemonFixture.with(load: { throw Missing(description: "a model") }) { fixture in
                try await eventually("nothing is served any more") { (try? await fixture.status()) == nil }
            }
        }
    }

    @Test("NOT_SERVING while the engine makes no progress, and SERVING again after; what was in work is done then")
    func stalled() async throws {
        try await DaemonFixture.with(configure: { $0.process.stallBudget = .milliseconds(100) }) { fixture in
            try await eventually("it serves") { try await fixture.status() == .serving }
            fixture.generator.stall(true)
            async let answer = fixture.teacher.generateRationale(request(1))
            try await eventually("it does not serve") { try await fixture.status() == .notServing }
            #expect(fixture.daemon.broker.load.queued == 1 && fixture.daemon.broker.load.repeats == 1)
            fixture.generator.stall(false)
            #expect(try Outcome(await answer).status == .ok)
            #expect(try await fixture.status() == .serving)
        }
    }
}
