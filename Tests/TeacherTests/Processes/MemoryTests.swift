import ChildProcesses
import DaemonStage
import RPC
import Testing
import Transport
import Wire

/// What a teacher takes of memory, whatever its callers send.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MemoryTests {
    /// A request of the greatest length: half a mebibyte.
    private static func greatest(_ number: Int) -> GenerateRationaleRequest {
        let text = "\(number) " + String(repeating: "word ", count: 52_426)
        return GenerateRationaleRequest(review: Review(reviewID: "r\(number)", text: text, summary: text), priority: .bulk)
    }

    /// Of the teacher, for requests without an answer.
    private static let budget = 32 << 20
    /// Copies on the way: the frame as it came, what is unpacked of it, what is sent to the worker; and what the connections hold.
    private static let allowed = 8 * budget

    @Test("1,000 requests of the greatest length, 512 MB, while none is answered: within the bound, and the rest refused")
    func unary() async throws {
        try await TeacherStage.with { stage in
            let teacher = try await stage.teacher(
                "--model", "answers=1,context=1000000", "--stall-seconds", "3600", "--max-queued-bytes", "\(Self.budget)")
            try await eventually("the worker is there") { teacher.isReady }
            let before = try teacher.peakBytes()
            let clients = try (0..<4).map { _ in try stage.client() }
            // So many at a time that a client's own queue, which is bounded too, has room for them.
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                var refused = 0
                for number in 0..<1_000 {
                    if number >= 100, try await group.next() == true { refused += 1 }
                    group.addTask {
                        // Those that are taken on stay for so long.
                        let options = CallOptions(timeout: .seconds(5), waitForReady: true, retries: false)
                        let error = try await failure {
                            try await TeacherClient(clients[number % 4]).generateRationale(Self.greatest(number), options: options)
                        }
                        #expect([.resourceExhausted, .deadlineExceeded].contains(error.code), "\(error)")
                        return error.code == .resourceExhausted && error.retryAfter != nil
                    }
                }
                for try await isRefused in group where isRefused { refused += 1 }
                return refused
            }
            #expect(refused > 300)
            let grown = try teacher.peakBytes() - before
            #expect(grown < Self.allowed, "\(grown >> 20) MiB")
            #expect(teacher.isAlive)
        }
    }

    @Test("Eight streams of such requests are read no further than the bound")
    func streams() async throws {
        try await TeacherStage.with { stage in
            let teacher = try await stage.teacher(
                "--model", "answers=1,context=1000000", "--stall-seconds", "3600", "--max-queued-bytes", "\(Self.budget)", "--http-port",
                "0")
            try await eventually("the worker is there") { teacher.isReady }
            let before = try teacher.peakBytes()
            let clients = try (0..<8).map { _ in try stage.client() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (place, client) in clients.enumerated() {
                    group.addTask { _ = try await TeacherClient(client).outcomes((0..<125).map { Self.greatest(1_000 * place + $0) }) }
                }
                try await eventually("as much is taken on as may be", within: .seconds(30)) {
                    let load = try await TeacherClient(clients[0]).getLoad(GetLoadRequest())
                    return Int(load.queued + load.running) >= Self.budget / 4 * 3 / (2 * 262_144) - 2
                }
                // Whoever would read on does it now.
                try await Task.sleep(for: .seconds(1))
                let grown = try teacher.peakBytes() - before
                #expect(grown < Self.allowed, "\(grown >> 20) MiB")
                // An interactive caller has the quarter that streams leave.
                let options = CallOptions(timeout: .milliseconds(200), retries: false)
                let error = try await failure {
                    try await TeacherClient(clients[1]).generateRationale(Self.greatest(9_000), options: options)
                }
                #expect(error.code == .deadlineExceeded, "taken on, and not refused: \(error)")
                group.cancelAll()
                while (try? await group.next()) != nil {}
            }
            #expect(teacher.isAlive)
        }
    }
}
