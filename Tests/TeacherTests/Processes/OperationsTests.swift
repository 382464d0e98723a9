import ChildProcesses
import DaemonStage
import Foundation
import Glibc
import RPC
import Testing
import Transport
import Wire

/// What who runs the daemons sees of them.
@Suite(.timeLimit(.minutes(2)))
struct OperationsTests {
    @Test("A broker is ready while it has a worker; HTTP and health say so")
    func readiness() async throws {
        try await TeacherStage.with { stage in
            let broker = try await stage.teacher("--workers", "0", "--http-port", "0")
            let health = HealthClient(try stage.client())
            func isServing(_ service: String) async throws -> Bool {
                try await health.check(HealthCheckRequest(service: service)).status == .serving
            }
            try await eventually("HTTP is there") { broker.value(of: "http") != nil }
            #expect(try await broker.http("/livez").status == 200)
            #expect(try await broker.http("/readyz").status == 503)
            #expect(try await broker.http("/nothing").status == 404)
            #expect(try await !isServing(""))
            #expect(try await !isServing("rdrec.v1.Teacher"))
            #expect(try await isServing("rdrec.v1.TeacherBroker"))
            let worker = try stage.worker("--worker-id", "w", "--http-port", "0")
            try await eventually("it serves") { try await isServing("rdrec.v1.Teacher") }
            #expect(try await isServing(""))
            #expect(try await broker.http("/readyz").status == 200)
            #expect(try await worker.http("/readyz").status == 200)
            _ = try await TeacherClient(stage.client()).generateRationale(request(1))
            let metrics = try await broker.http("/metrics").text
            for name in [
                "queue_depth{priority=\"bulk\"} 0", "queue_depth{priority=\"interactive\"} 0", "oldest_queued_seconds 0", "running 0",
                "free_slots 32", "workers 1", "rationales_total{outcome=\"OK\"} 1", "cache_total{result=\"miss\"} 1",
                "info{digest=\"scripted\",kernels=\"none\",model=\"scripted\",quantization=\"none\"} 1",
            ] {
                #expect(metrics.contains("\nrdrec_teacher_\(name)\n"), "\(name)")
            }
            let engine = try await worker.http("/metrics").text
            #expect(engine.contains("\nrdrec_teacher_engine_requests_total{result=\"finished\"} 2\n"), "the warm-up and one")
            worker.signal(SIGKILL)
            try await eventually("it serves no more") { try await !isServing("") }
            #expect(try await broker.http("/readyz").status == 503)
        }
    }

    @Test("A worker with another model is refused and ends; one with the same may come after it")
    func otherModel() async throws {
        try await TeacherStage.with { stage in
            _ = try await stage.teacher("--workers", "0")
            let first = try stage.worker("--model", "digest=a")
            try await eventually("the first has come") { first.isReady }
            let other = try stage.worker("--model", "digest=b")
            #expect(try await other.ended() == .exited(1))
            #expect(other.errors.contains("FAILED_PRECONDITION") && other.errors.contains("digest b"))
            // Also when the first has gone: what callers were given must not change under them.
            first.signal(SIGTERM)
            #expect(try await first.ended() == .exited(0))
            #expect(try await stage.worker("--model", "digest=b").ended() == .exited(1))
            let same = try stage.worker("--model", "digest=a")
            try await eventually("it has come") { same.isReady }
        }
    }

    @Test("By CURVE a client's key may ask and not work, and a worker's work and not ask")
    func roles() async throws {
        try await TeacherStage.with { stage in
            let (server, client, worker) = (KeyPair.generate(), KeyPair.generate(), KeyPair.generate())
            for (name, keys) in [("server", server), ("client", client), ("worker", worker)] {
                try keys.write(to: "\(stage.folder)/\(name).key")
            }
            let list = "\(client.publicKey) laptop client\n\(worker.publicKey) machine worker\n"
            try list.write(toFile: "\(stage.folder)/allowed", atomically: true, encoding: .utf8)
            let broker = try await stage.teacher(
                "--workers", "0", "--key-file", "\(stage.folder)/server.key", "--allow-list", "\(stage.folder)/allowed",
                at: "tcp://127.0.0.1:0")
            let endpoint = try found(broker.value(of: "listening"), "where it listens")
            func work(_ name: String) throws -> ChildProcess {
                try stage.worker("--server-key", server.publicKey.text, "--key-file", "\(stage.folder)/\(name).key", at: endpoint)
            }
            let refused = try work("client")
            #expect(try await refused.ended() == .exited(1))
            #expect(refused.errors.contains("PERMISSION_DENIED"))
            let taken = try work("worker")
            try await eventually("the worker has come") { taken.isReady }
            let asks = try stage.client(endpoint) { $0.security = .curve(server: server.publicKey, keys: client) }
            #expect(try Outcome(await TeacherClient(asks).generateRationale(request(1))).status == .ok)
            let works = try stage.client(endpoint) { $0.security = .curve(server: server.publicKey, keys: worker) }
            let error = try await failure { try await TeacherClient(works).generateRationale(request(1)) }
            #expect(error.code == .permissionDenied)
        }
    }

    @Test(
        "What is wrong with the configuration is said, with the key, and the process ends",
        arguments: [
            (["--slots", "none"], "slots"), (["--config", "/nowhere"], "config"), (["--endpoint", "tcp://0.0.0.0:1"], "--key-file"),
            (["--kv-memory", "12 apples"], "kv-memory"), (["--key-file", "k"], "allow-list"),
        ])
    func misconfigured(_ arguments: [String], _ key: String) async throws {
        try await TeacherStage.with { stage in
            let child = try stage.start(["--endpoint", stage.endpoint] + arguments)
            let ending = try await child.ended()
            #expect([.exited(64), .exited(1)].contains(ending) && child.errors.contains(key), "\(child.errors)")
        }
    }
}
