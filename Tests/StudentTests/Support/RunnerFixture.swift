import ChildProcesses
import DaemonStage
import Prometheus
import ServiceLifecycle
import Store
import Student
import Wire

/// Runs jobs of a store in this process while `body` runs, as a daemon would, and stops them then where they are.
func withRunner<Result>(
    _ store: any Store, works: [JobKind: any JobWork], _ body: (JobRunner) async throws -> Result
) async throws -> Result {
    let runner = JobRunner(store, works: works, metrics: StudentMetrics(factory: PrometheusRegistry()), logger: quietLogger)
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [runner], logger: quietLogger))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(runner)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return try result.get()
    }
}

func withDistillation<Result>(
    _ store: any Store, _ teachers: [TeacherConnection], inFlight: Int = 64, silence: Duration = .seconds(60),
    _ body: (JobRunner) async throws -> Result
) async throws -> Result {
    let work = DistillationWork(
        store, teachers: teachers, DistillationWork.Options(inFlight: inFlight, silence: silence),
        metrics: StudentMetrics(factory: PrometheusRegistry()), logger: quietLogger)
    return try await withRunner(store, works: [.distillation: work], body)
}

extension JobRunner {
    func distil(_ request: StartDistillationRequest = StartDistillationRequest()) async throws -> JobRecord {
        try await start(.distillation, request: request.encoded())
    }

    /// The job once it has ended.
    func end(of number: JobNumber) async throws -> JobRecord {
        var last: JobRecord?
        for await job in try await watch(number) { last = job }
        let job = try found(last, "a job's state")
        guard job.phase.isFinished else { throw Missing(description: "the end of job \(number): \(job)") }
        return job
    }
}
