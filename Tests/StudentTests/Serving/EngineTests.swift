import ChildProcesses
import Prometheus
import RPC
import Student
import Testing
import Transport
import Wire

/// The engine between calls and model: batches, bounds, deadlines. Through a server.
@Suite(.timeLimit(.minutes(2)))
struct EngineTests {
    private let items = ["a", "b", "c"]

    @Test("Calls that come together are answered together, and each as if it were alone")
    func batches() async throws {
        var options = ServingOptions()
        options.batch = 8
        options.batchDelay = .seconds(20)
        try await ServingStage.with(options) { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            stage.script.change { $0.batches = [] }
            try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
                for number in 0..<16 {
                    group.addTask { (number, try await stage.recommender.recommend(.session([items[number % 3]])).ids) }
                }
                for try await (number, ids) in group { #expect(ids == items.filter { $0 != items[number % 3] }) }
            }
            #expect(stage.script.see(\.batches) == [8, 8])
            #expect(stage.registry.render().contains("rdrec_student_batch_size_sum{kind=\"ranking\"} 16"))
        }
    }

    @Test("A request that comes alone is answered when it has waited its time")
    func alone() async throws {
        var options = ServingOptions()
        options.batchDelay = .milliseconds(30)
        try await ServingStage.with(options) { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            let begin = ContinuousClock.now
            #expect(try await stage.recommender.recommend(.session(["a"])).ids == ["b", "c"])
            #expect(ContinuousClock.now - begin >= .milliseconds(30))
        }
    }

    @Test("A request that the model cannot bear costs the others of its batch nothing")
    func poisoned() async throws {
        var options = ServingOptions()
        options.batch = 4
        options.batchDelay = .seconds(20)
        try await ServingStage.with(options) { stage in
            try await stage.take(["u0": ["a"], "u1": ["a"], "u2": ["a"], "u3": ["a", "b"]])
            try await stage.activate(items)
            try await stage.fallbacksKnow(5)
            stage.script.change { $0.poisoned = ["u2"] }
            let sources = try await withThrowingTaskGroup(of: (Int, Source).self) { group in
                for user in 0..<4 { group.addTask { (user, try await stage.recommender.recommend(.user("u\(user)")).source) } }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(sources == [0: .model, 1: .model, 2: .itemNeighbours, 3: .model])
        }
    }

    @Test("Over the bound calls are refused at once, with a time to come again")
    func full() async throws {
        var options = ServingOptions()
        options.batch = 1
        options.mostQueued = 3
        try await ServingStage.with(options) { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            stage.script.change {
                $0.isHeld = true
                $0.entered = 0
            }
            let held = Task { try await stage.recommender.recommend(.session(["a"]), options: .once) }
            try await eventually("one is at the model") { stage.script.see(\.entered) == 1 }
            let calls = (0..<3).map { _ in Task { try await stage.recommender.recommend(.session(["a"]), options: .once) } }
            try await eventually("three wait") { stage.registry.render().contains("rdrec_student_queue_depth{kind=\"ranking\"} 3") }
            let error = await stage.failure { _ = try await stage.recommender.recommend(.session(["a"]), options: .once) }
            #expect(error?.code == .resourceExhausted && error?.retryAfter != nil)
            // Who gives up makes room.
            calls[2].cancel()
            try await eventually("one has gone") { stage.registry.render().contains("rdrec_student_queue_depth{kind=\"ranking\"} 2") }
            let late = Task { try await stage.recommender.recommend(.session(["a"]), options: .once) }
            try await eventually("another waits") { stage.registry.render().contains("rdrec_student_queue_depth{kind=\"ranking\"} 3") }
            stage.script.change { $0.isHeld = false }
            for call in [held, calls[0], calls[1], late] { #expect(try await call.value.source == .model) }
        }
    }

    @Test("A request whose deadline passes while it waits never comes to the model")
    func deadline() async throws {
        var options = ServingOptions()
        options.batch = 1
        try await ServingStage.with(options) { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            stage.script.change {
                $0.isHeld = true
                $0.requests = []
                $0.entered = 0
            }
            let first = Task { try await stage.recommender.recommend(.session(["a"])) }
            try await eventually("it is at the model") { stage.script.see(\.entered) == 1 }
            let impatient = CallOptions(timeout: .milliseconds(100), retries: false)
            let error = await stage.failure { _ = try await stage.recommender.recommend(.session(["b"]), options: impatient) }
            #expect(error?.code == .deadlineExceeded)
            stage.script.change { $0.isHeld = false }
            #expect(try await first.value.ids == ["b", "c"])
            #expect(try await stage.recommender.recommend(.session(["c"])).ids == ["a", "b"])
            #expect(stage.script.see { $0.requests.map(\.history) } == [[0], [2]])
        }
    }

    @Test("At the end what waits is told to go elsewhere")
    func stopping() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            await stage.serving.stop()
            let error = await stage.failure { _ = try await stage.recommender.recommend(.session(["a"]), options: .once) }
            #expect(error?.code == .unavailable)
        }
    }
}
