import Foundation
import Logging
import RPC
import Transport
import Wire

/// How long a recommendation takes while nothing else runs, and while a training has the processors, in turns: what a shop's visitors
/// notice of a training.
///
/// Calls leave at a steady rate, whether or not those before them have been answered: one slow answer holds up no other call's beginning.
struct ServingSuite {
    let quick: Bool

    private static let callsPerSecond = 20, users = 2_000, items = 500
    /// Of a p99 under training over the p99 alone.
    private static let mostRatio = 3.0

    /// Of each figure the median over them is told: what else a machine does for a moment is not of these two.
    private var rounds: Int { quick ? 1 : 5 }
    private var secondsAPhase: Int { quick ? 20 : 30 }

    func run(into report: inout Report) async throws {
        let measured = try await withPrivateFolder { folder in
            let socket = "ipc://\(folder)/student.ipc"
            let student = try Program(
                "studentd", ["--endpoint", socket, "--data", folder + "/data", "--teacher", "none", "--http-port", "off"])
            defer { student.end() }
            try await fill(folder, socket)
            let loop = SocketThread(name: "client-io"), logger = Logger(label: "bench")
            let client = try RPCClient(ClientConfiguration(endpoint: Endpoint(socket)), loop: loop, logger: logger)
            let measured = try await Measured(client, self)
            await client.close()
            loop.close()
            return measured
        }
        for (name, rounds) in [("idle", measured.idle), ("training", measured.training)] {
            for (quantile, fraction) in [("p50", 0.5), ("p99", 0.99)] {
                let figures = rounds.map { $0.percentile(fraction) * 1_000 }
                report.add("serving.\(name).\(quantile)_ms", figures.median, unit: "ms", better: "lower")
            }
        }
        report.add("serving.training.tokens_per_second", measured.tokensPerSecond.median, unit: "tokens/s", better: "higher")
        report.add(
            "serving.training_p99_over_idle_p99",
            zip(measured.training, measured.idle).map { $0.percentile(0.99) / $1.percentile(0.99) }.median, unit: "ratio", better: "lower",
            bar: Self.mostRatio)
    }

    /// A shop of `rdrec sample-data`, and a version of the default preset.
    private func fill(_ folder: String, _ socket: String) async throws {
        let shop = folder + "/shop"
        try await Program.run("rdrec", ["sample-data", "--users", "\(Self.users)", "--items", "\(Self.items)", "--out", shop])
        for file in ["items", "reviews"] {
            try await Program.run("rdrec", ["import", "jsonl", "\(shop)/\(file).jsonl", "--endpoint", socket, "--wait"])
        }
        try await Program.run("rdrec", ["train", "--epochs", "1", "--activate", "always", "--endpoint", socket])
    }

    /// Seconds of each call of each round, and what the training did meanwhile.
    private struct Measured {
        private(set) var idle: [[Double]] = []
        private(set) var training: [[Double]] = []
        private(set) var tokensPerSecond: [Double] = []

        init(_ client: RPCClient, _ suite: ServingSuite) async throws {
            let jobs = JobsClient(client), recommender = RecommenderClient(client)
            // The first calls open pages, and are nobody's.
            _ = try await Self.call(recommender, seconds: 2)
            for _ in 0..<suite.rounds {
                idle.append(try await Self.call(recommender, seconds: suite.secondsAPhase))
                let request = StartTrainingRequest(maxEpochs: 100_000, patience: 100_000, activation: .never)
                let job = try await jobs.startTraining(request)
                try await Self.wait(jobs, job.jobID) { $0.done > 0 }
                training.append(try await Self.call(recommender, seconds: suite.secondsAPhase))
                let now = try await jobs.getJob(GetJobRequest(jobID: job.jobID))
                guard now.state == .running else { throw Unexpected("the training has ended before the calls: \(now.message)") }
                tokensPerSecond += now.metrics.filter { $0.name == "tokens_per_second" }.suffix(1).map(\.value)
                _ = try await jobs.cancelJob(GetJobRequest(jobID: job.jobID))
                try await Self.wait(jobs, job.jobID) { $0.state == .cancelled }
            }
        }

        private static func call(_ recommender: RecommenderClient, seconds: Int) async throws -> [Double] {
            let count = seconds * callsPerSecond, begin = ContinuousClock.now
            return try await withThrowingTaskGroup(of: Double.self) { group in
                for number in 0..<count {
                    group.addTask {
                        try await Task.sleep(until: begin + .seconds(1) * number / callsPerSecond)
                        let user = String(format: "u%04d", number * 7_919 % users + 1), sent = ContinuousClock.now
                        let answer = try await recommender.recommend(RecommendRequest(subject: .userID(user)))
                        guard answer.source == .model else { throw Unexpected("\(user) was answered by \(answer.source)") }
                        return (.now - sent) / .seconds(1)
                    }
                }
                var latencies: [Double] = []
                while let latency = try await group.next() { latencies.append(latency) }
                return latencies
            }
        }

        private static func wait(_ jobs: JobsClient, _ id: String, until condition: (Job) -> Bool) async throws {
            while true {
                let job = try await jobs.getJob(GetJobRequest(jobID: id))
                if condition(job) { return }
                guard job.state == .queued || job.state == .running else { throw Unexpected("\(id) has ended: \(job.message)") }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private struct Unexpected: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
