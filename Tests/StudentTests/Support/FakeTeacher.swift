import DaemonStage
import Locks
import Prometheus
import RPC
import Student
import Transport
import Wire

/// A teacher without a model, in this process, that does with each review what its script says.
final class FakeTeacher: TeacherService {
    enum Action: Sendable {
        case answer
        case fail(StatusCode)
        /// No answer comes.
        case forget
        /// The whole call ends so.
        case end(StatusCode)
        case answerTwice
        /// The answer, changed.
        case change(@Sendable (inout Rationale) -> Void)
    }

    struct Seen: Sendable {
        var reviews: [String: Int] = [:]
        var answered = 0
        var most = 0
        var out = 0
    }

    let seen = Locked(Seen())
    /// Answers in all; what comes after waits.
    let limit: Locked<Int>
    private let model: Locked<ModelInfo>
    private let script: @Sendable (Review, _ attempt: Int) -> Action
    private let delay: Duration

    init(
        digest: String = "fake", version: String = "fake-1", delay: Duration = .zero, limit: Int = .max,
        script: @escaping @Sendable (Review, Int) -> Action = { _, _ in .answer }
    ) {
        model = Locked(ModelInfo(name: "fake", version: version, digest: digest))
        self.script = script
        self.delay = delay
        self.limit = Locked(limit)
    }

    func change(digest: String) { model.withLock { $0.digest = digest } }

    /// How often each text has come.
    var counts: [String: Int] { seen.withLock { $0.reviews } }

    /// Serves it at an endpoint of this process while `body` runs.
    func serve<Result>(_ body: (TeacherConnection) async throws -> Result) async throws -> Result {
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        let (serverLoop, clientLoop) = (SocketThread(name: "server-io"), SocketThread(name: "client-io"))
        defer {
            clientLoop.close()
            serverLoop.close()
        }
        var configuration = ServerConfiguration(endpoints: [endpoint])
        configuration.connection.heartbeatInterval = .seconds(10)
        configuration.drainBudget = .milliseconds(100)
        var router = Router()
        register(in: &router)
        let server = try RPCServer(configuration, router: router, loop: serverLoop, logger: quietLogger, metrics: PrometheusRegistry())
        try await server.start()
        let client = try RPCClient(
            ClientConfiguration(endpoint: endpoint), loop: clientLoop, logger: quietLogger, metrics: PrometheusRegistry())
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(TeacherConnection(name: "\(endpoint)", client: client))) } catch { result = .failure(error) }
        await client.close()
        await server.shutdown()
        return try result.get()
    }

    func streamRationales(
        _ requests: MessageStream<GenerateRationaleRequest>, _ responses: MessageWriter<GenerateRationaleResponse>, _ call: ServerCall
    ) async throws {
        let digest = model.withLock { $0.digest }
        for try await request in requests {
            let review = request.review ?? Review()
            let attempt = seen.withLock { seen in
                seen.out += 1
                seen.most = max(seen.most, seen.out)
                return seen.reviews.changed(review.text)
            }
            if delay > .zero { try await Task.sleep(for: delay) }
            while seen.withLock({ $0.answered }) >= limit.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
            seen.withLock { seen in
                seen.out -= 1
                seen.answered += 1
            }
            var rationale = Rationale(
                reviewID: review.reviewID, userPreference: "The user prefers \(review.text)", itemAttributes: "It has \(review.text)",
                provenance: Provenance(modelDigest: digest, modelName: "fake", promptVersion: "fake-1", sampling: "greedy"))
            switch script(review, attempt) {
            case .answer: try await responses.write(GenerateRationaleResponse(outcome: .rationale(rationale)))
            case .change(let change):
                change(&rationale)
                try await responses.write(GenerateRationaleResponse(outcome: .rationale(rationale)))
            case .answerTwice:
                for _ in 0..<2 { try await responses.write(GenerateRationaleResponse(outcome: .rationale(rationale))) }
            case .fail(let code):
                try await responses.write(
                    GenerateRationaleResponse(
                        outcome: .error(ItemError(reviewID: review.reviewID, status: code.rawValue, message: "as scripted"))))
            case .forget: break
            case .end(let code): throw RPCError(code, "as scripted")
            }
        }
    }

    func getModel(_ request: GetModelRequest, _ call: ServerCall) async throws -> ModelInfo { model.withLock { $0 } }

    // MARK: What the student does not call

    func generateRationale(_ request: GenerateRationaleRequest, _ call: ServerCall) async throws -> GenerateRationaleResponse {
        throw RPCError(.unimplemented, "only streams")
    }

    func complete(_ request: CompleteRequest, _ responses: MessageWriter<CompleteChunk>, _ call: ServerCall) async throws {
        throw RPCError(.unimplemented, "only streams")
    }

    func getLoad(_ request: GetLoadRequest, _ call: ServerCall) async throws -> TeacherLoad { TeacherLoad() }
}

extension [String: Int] {
    /// Counts one more.
    fileprivate mutating func changed(_ key: String) -> Int {
        self[key, default: 0] += 1
        return self[key, default: 0]
    }
}
