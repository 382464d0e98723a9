import ChildProcesses
import DaemonStage
import Foundation
import Prometheus
import RPC
import Store
import Student
import Testing
import Transport
import Wire

/// Versions that come and go while calls are answered.
@Suite(.timeLimit(.minutes(2)))
struct ModelsTests {
    private let items = (0..<20).map { "i\($0)" }

    @Test("Versions are swapped under 64 calls in flight: none fails, each is of the version that it names, and the last is the newest")
    func swapping() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": items])
            try await stage.activate(items)
            for _ in 0..<3 { _ = try await stage.serving.models.add(items) }
            stage.script.change { $0.delay = .milliseconds(1) }
            let swaps = 8
            let counts = try await withThrowingTaskGroup(of: [String: Int].self) { group in
                let isOver = Task {
                    for swap in 0..<swaps {
                        let version = "000\(swap % 4 + 1)"
                        let active = try await stage.models.activateModel(ActivateModelRequest(version: version))
                        // From here on it is this one that answers.
                        let answer = try await stage.recommender.recommend(.session(["i0"]))
                        #expect(active.version == version && answer.modelVersion == version)
                    }
                }
                let done = SharedFlag()
                group.addTask {
                    _ = await isOver.result
                    done.set()
                    try await isOver.value
                    return [:]
                }
                for _ in 0..<64 {
                    group.addTask {
                        var counts: [String: Int] = [:]
                        while !done.isSet {
                            let answer = try await stage.recommender.recommend(.session(["i0"], count: 5), options: .once)
                            counts[answer.modelVersion, default: 0] += 1
                            expectWhole(answer)
                        }
                        return counts
                    }
                }
                return try await group.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
            }
            #expect(counts.count == 4, "\(counts)")
            #expect(stage.script.see(\.loads).count == swaps)
        }
    }

    /// Order and scores of the version that the answer names, and of no other.
    private func expectWhole(_ answer: RecommendResponse) {
        let number = Int(answer.modelVersion) ?? 0
        let order = number.isMultiple(of: 2) ? items.reversed().prefix(5) : items[1..<6]
        #expect(answer.source == .model && answer.ids == Array(order))
        #expect(answer.items.map(\.score) == (0..<5).map { ScriptedVersion.score($0, version: number) })
    }

    @Test("A version that cannot be read, or fails at its first request, leaves the old one serving")
    func broken() async throws {
        try await ServingStage.with { stage in
            try await stage.take(["u": items])
            let old = try await stage.activate(items)
            let unreadable = try await stage.serving.models.add(items), failing = try await stage.serving.models.add(items)
            let empty = try await stage.serving.models.add([]), damaged = try await stage.serving.models.add(items)
            stage.script.change {
                $0.broken = [unreadable]
                $0.failing = [failing]
            }
            let hold = try await stage.serving.models.hold(damaged)
            try Data("{}".utf8).write(to: URL(fileURLWithPath: hold.folder + "/about.json"))
            let reasons = [unreadable: "scripted to be broken", failing: "scripted to fail", empty: "no items", damaged: damaged]
            for (version, reason) in reasons {
                let error = await stage.failure { _ = try await stage.models.activateModel(ActivateModelRequest(version: version)) }
                #expect(error?.code == .failedPrecondition && error?.message.contains(reason) == true, "\(String(describing: error))")
                #expect(try await stage.recommender.recommend(.session(["i1"])).modelVersion == old)
            }
            #expect(try await stage.serving.models.activeVersion() == old)
            #expect(stage.registry.render().contains("rdrec_student_model_loads_total{result=\"failed\"} 4"))
            for (version, code) in [("0042", StatusCode.notFound), ("../x", .notFound), ("", .invalidArgument)] {
                let error = await stage.failure { _ = try await stage.models.activateModel(ActivateModelRequest(version: version)) }
                #expect(error?.code == code)
            }
            // What serves already is not loaded again.
            let loads = stage.script.see(\.loads).count
            _ = try await stage.models.activateModel(ActivateModelRequest(version: old))
            #expect(stage.script.see(\.loads).count == loads)
        }
    }

    @Test("All versions are listed with where they come from; the one that serves is named")
    func list() async throws {
        try await ServingStage.with { stage in
            #expect(try await stage.models.listModels(ListModelsRequest()) == ListModelsResponse())
            let first = try await stage.activate(items)
            _ = try await stage.serving.models.add(items, job: "training-9", split: 3, ndcg: 0.25)
            let list = try await stage.models.listModels(ListModelsRequest())
            #expect(list.models.map(\.version) == ["0002", "0001"] && list.activeVersion == first)
            #expect(list.models[0].digest == "digest-0002" && list.models[0].parameterCount == 7)
            #expect(list.origins.map(\.jobID) == ["training-9", "training-1"] && list.origins[0].splitVersion == 3)
            #expect(list.origins[0].metrics == [Metric(name: ActivationPolicy.metric, value: 0.25, step: 1)])
            #expect(stage.registry.render().contains("rdrec_student_model_info{digest=\"digest-0001\""))
        }
    }

    @Test("A finished training's version becomes active where it is better")
    func consider() async throws {
        try await ServingStage.with { stage in
            let activation = stage.serving.activation, models = stage.serving.models
            let first = try await models.add(items, ndcg: 0.2), worse = try await models.add(items, ndcg: 0.1)
            let better = try await models.add(items, ndcg: 0.3)
            #expect(try await activation.consider(first, .unspecified) == .activated)
            guard case .kept(let reason) = try await activation.consider(worse, .unspecified) else {
                Issue.record("the worse one is active")
                return
            }
            #expect(reason.contains("0.1"))
            guard case .kept = try await activation.consider(better, .never) else {
                Issue.record("it was never to be active")
                return
            }
            #expect(try await activation.consider(better, .ifBetter) == .activated)
            #expect(try await activation.consider(worse, .always) == .activated)
            #expect(stage.serving.engine.version?.version == worse)
        }
    }

    @Test("The active version serves after a restart; where it is broken, fallbacks answer, and another can be activated")
    func restart() async throws {
        try await withStore { store, folder in
            try await ServingStage.with(store, folder) { stage in
                try await stage.take(["u": items])
                try await stage.activate(items)
                _ = try await stage.serving.models.add(items)
            }
            try await ServingStage.with(store, folder) { stage in
                let answer = try await stage.recommender.recommend(.session(["i0"]))
                #expect(answer.modelVersion == "0001")
            }
            let script = VersionScript()
            script.change { $0.broken = ["0001"] }
            try await ServingStage.with(store, folder, script: script) { stage in
                let answer = try await stage.recommender.recommend(.session(["i0"]))
                #expect(answer.source != .model)
                #expect(try await stage.models.listModels(ListModelsRequest()).activeVersion.isEmpty)
                #expect(stage.registry.render().contains("rdrec_student_model_serving 0"))
                #expect(try await stage.serving.activation.consider("0002", .unspecified) == .activated)
                #expect(try await stage.recommender.recommend(.session(["i0"])).modelVersion == "0002")
            }
        }
    }

    @Test("Old versions go when new ones come; the one that serves stays")
    func pruning() async throws {
        try await ServingStage.with(kept: 2) { stage in
            let first = try await stage.activate(items)
            for _ in 0..<3 { _ = try await stage.serving.models.add(items) }
            #expect(try await stage.models.listModels(ListModelsRequest()).models.map(\.version) == ["0004", "0003", first])
            _ = try await stage.models.activateModel(ActivateModelRequest(version: "0004"))
            #expect(try await stage.models.listModels(ListModelsRequest()).models.map(\.version) == ["0004", "0003"])
        }
    }
}
