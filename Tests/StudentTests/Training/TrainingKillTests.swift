import ChildProcesses
import DaemonStage
import Foundation
import RPC
import Student
import Testing
import Transport
import Wire

/// kill -9 while a student trains.
@Suite(.timeLimit(.minutes(5)))
struct TrainingKillTests {
    private static let request = StartTrainingRequest(
        preset: "tiny", maxEpochs: 30, patience: 30, tokensPerStep: 256, activation: .always)
    private static let patient = CallOptions(timeout: .seconds(20), waitForReady: true)

    private static func start(_ stage: StudentStage) async throws -> (student: ChildProcess, jobID: String) {
        let student = try await stage.student("--training-threads", "1")
        let records = TrainingShop(users: 60).records
        _ = try await CatalogClient(stage.studentClient()).ingest(options: CallOptions()) { writer in
            for record in records { try await writer.write(IngestRecord(record: record)) }
            writer.finish()
        }
        return (student, try await JobsClient(stage.studentClient()).startTraining(request).jobID)
    }

    /// What about.json says of the version that the job has made, once it has ended.
    private static func ended(_ jobID: String, _ stage: StudentStage) async throws -> (job: Job, about: ModelDescription) {
        let jobs = JobsClient(try stage.studentClient())
        try await eventually("the training ends", within: .seconds(120)) {
            try await jobs.getJob(GetJobRequest(jobID: jobID), options: patient).state.isEnd
        }
        let job = try await jobs.getJob(GetJobRequest(jobID: jobID), options: patient)
        let path = "\(stage.dataFolder)/models/\(job.modelVersion)/about.json"
        return (job, try JSONDecoder().decode(ModelDescription.self, from: Data(contentsOf: URL(fileURLWithPath: path))))
    }

    @Test("Killed at 20 random moments a training ends with the weights of one that was let be")
    func kills() async throws {
        let began = ContinuousClock.now
        let whole = try await StudentStage.with { stage in
            let (_, jobID) = try await Self.start(stage)
            return try await Self.ended(jobID, stage)
        }
        #expect(whole.job.state == .succeeded)
        // So many kills, and so much time between them, that they fall all over the training.
        let took = ContinuousClock.now - began
        try await StudentStage.with { stage in
            var (student, jobID) = try await Self.start(stage)
            let jobs = JobsClient(try stage.studentClient())
            var running = 0
            for _ in 0..<20 {
                try await Task.sleep(for: took / 12 * Double.random(in: 0...1))
                if try await jobs.getJob(GetJobRequest(jobID: jobID), options: Self.patient).state == .running { running += 1 }
                student.signal(SIGKILL)
                _ = try await student.ended()
                student = try await stage.student("--training-threads", "1")
            }
            let (job, about) = try await Self.ended(jobID, stage)
            #expect(job.state == .succeeded && job.modelVersion == "0001", "\(job)")
            #expect(about.digest == whole.about.digest)
            #expect(about.metrics == whole.about.metrics && about.bestEpoch == whole.about.bestEpoch)
            #expect(running >= 5, "\(running) kills fell into the training")
            let names = try FileManager.default.contentsOfDirectory(atPath: stage.dataFolder + "/models")
            #expect(Set(names) == ["0001", "active", "last"], "\(names)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.dataFolder + "/training").isEmpty)
            let answer = try await RecommenderClient(stage.studentClient()).recommend(
                RecommendRequest(subject: .userID("user-0"), count: 3), options: Self.patient)
            #expect(answer.source == .model && answer.modelVersion == "0001")
        }
    }
}

extension JobState {
    fileprivate var isEnd: Bool { [.succeeded, .failed, .cancelled].contains(self) }
}
