import ChildProcesses
import Locks
import Store
import Student
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2)))
struct DistillationTests {
    /// 20 users, each with 10 training reviews and two that are held back.
    private static let training = 200

    private func withShop(_ body: (SQLiteStore) async throws -> Void) async throws {
        try await withStore { store, _ in
            _ = try await store.ingest(shop(users: 20, items: 12).map { .review($0) })
            try await body(store)
        }
    }

    @Test("Each training review is asked for once and stored with its provenance; what is held back is not")
    func all() async throws {
        try await withShop { store in
            let teacher = FakeTeacher()
            try await teacher.serve { connection in
                try await withDistillation(store, [connection]) { runner in
                    let job = try await runner.end(of: runner.distil().number)
                    #expect(job.phase == .succeeded, "\(job)")
                    #expect([job.done, job.failed, job.total] == [Self.training, 0, Self.training])
                    #expect(teacher.counts.count == Self.training && teacher.counts.values.allSatisfy { $0 == 1 })
                    #expect(teacher.counts.keys.allSatisfy { !$0.contains("item 10") && !$0.contains("item 11") })
                    let figures = try await store.statistics()
                    #expect(figures.rationales == UInt64(Self.training) && figures.rationalesPending == 0)
                    // Nothing is left to do, and nobody is asked.
                    let again = try await runner.end(of: runner.distil().number)
                    #expect(again.phase == .succeeded && again.total == 0)
                    #expect(teacher.counts.values.allSatisfy { $0 == 1 })
                }
            }
        }
    }

    @Test("A limit is kept, and the next job does the rest")
    func limit() async throws {
        try await withShop { store in
            let teacher = FakeTeacher()
            try await teacher.serve { connection in
                try await withDistillation(store, [connection], inFlight: 7) { runner in
                    let first = try await runner.end(of: runner.distil(StartDistillationRequest(limit: 50)).number)
                    #expect([first.done, first.total] == [50, 50])
                    #expect(teacher.counts.count == 50)
                    let second = try await runner.end(of: runner.distil(StartDistillationRequest(limit: 1_000)).number)
                    #expect(second.done == Self.training - 50)
                    #expect(teacher.counts.values.allSatisfy { $0 == 1 })
                }
            }
        }
    }

    @Test("Passing failures are tried three times, others once; what failed for good is left until it is asked for")
    func failures() async throws {
        try await withShop { store in
            let teacher = FakeTeacher { review, attempt in
                switch true {
                case review.text.contains("user 1 on item 3"): .fail(.unavailable)
                case review.text.contains("user 2 on item 3"): attempt < 3 ? .fail(.resourceExhausted) : .answer
                case review.text.contains("user 3 on item 3"): .fail(.invalidArgument)
                case review.text.contains("user 4 on item 3"): .answerTwice
                default: .answer
                }
            }
            try await teacher.serve { connection in
                try await withDistillation(store, [connection]) { runner in
                    let job = try await runner.end(of: runner.distil().number)
                    #expect(job.phase == .succeeded)
                    #expect([job.done, job.failed, job.total] == [Self.training, 2, Self.training], "\(job)")
                    func count(_ user: Int) -> Int? { teacher.counts["Text of user \(user) on item 3."] }
                    #expect([count(1), count(2), count(3), count(4)] == [3, 3, 1, 1])
                    #expect(try await store.statistics().rationalesFailed == 2)
                    #expect(try await runner.end(of: runner.distil().number).total == 0)
                    let retried = try await runner.end(of: runner.distil(StartDistillationRequest(retryFailed: true)).number)
                    #expect([retried.total, retried.failed] == [2, 2], "\(retried)")
                    #expect([count(1), count(3)] == [6, 2])
                }
            }
        }
    }

    @Test("A review that is forgotten, and calls that break off, are asked for again")
    func lostAnswers() async throws {
        try await withShop { store in
            let teacher = FakeTeacher { review, attempt in
                switch true {
                case attempt > 1: .answer
                case review.text.contains("user 5 on item 5"): .forget
                case review.text.contains("user 6 on item 6"), review.text.contains("user 7 on item 7"): .end(.unavailable)
                default: .answer
                }
            }
            try await teacher.serve { connection in
                try await withDistillation(store, [connection], inFlight: 16) { runner in
                    let job = try await runner.end(of: runner.distil().number)
                    #expect(job.phase == .succeeded)
                    #expect([job.done, job.failed] == [Self.training, 0], "\(job)")
                    #expect(try await store.statistics().rationales == UInt64(Self.training))
                }
            }
        }
    }

    @Test("A review that ends each call it is in is given up, and the others are not")
    func poison() async throws {
        try await withShop { store in
            let teacher = FakeTeacher { review, _ in review.text.contains("user 9 on item 9") ? .end(.unavailable) : .answer }
            try await teacher.serve { connection in
                try await withDistillation(store, [connection], inFlight: 4) { runner in
                    let job = try await runner.end(of: runner.distil().number)
                    #expect(job.phase == .succeeded && job.done == Self.training)
                    #expect(job.failed == 1, "\(job)")
                    // Twice among others, three times alone.
                    #expect(teacher.counts["Text of user 9 on item 9."] == 5)
                }
            }
        }
    }

    @Test("Two teachers share the work; one of another model is left out, and so is one that is away")
    func several() async throws {
        try await withShop { store in
            let (one, two) = (FakeTeacher(delay: .milliseconds(1)), FakeTeacher(delay: .milliseconds(1)))
            let other = FakeTeacher(digest: "another"), away = try absentTeacher()
            try await one.serve { first in
                try await two.serve { second in
                    try await other.serve { third in
                        try await withDistillation(store, [first, third, second, away.connection], inFlight: 4) { runner in
                            let job = try await runner.end(of: runner.distil().number)
                            #expect(job.phase == .succeeded && job.done == Self.training)
                        }
                    }
                }
            }
            await away.close()
            #expect(other.counts.isEmpty)
            #expect(!one.counts.isEmpty && !two.counts.isEmpty)
            #expect(one.counts.count + two.counts.count == Self.training)
            #expect(one.seen.withLock { $0.most } <= 4)
        }
    }

    @Test("Without a teacher the job waits and says so, and can be cancelled")
    func waiting() async throws {
        try await withShop { store in
            let away = try absentTeacher()
            try await withDistillation(store, [away.connection]) { runner in
                let job = try await runner.distil()
                try await eventually("the job says what it waits for") {
                    try await runner.job(job.number).message.hasPrefix("waiting for a teacher: ")
                }
                #expect(try await runner.cancel(job.number).phase == .cancelled)
            }
            await away.close()
        }
    }

    @Test("A teacher that takes reviews and never answers is given up, which the job tells; others do its work", .timeLimit(.minutes(1)))
    func silence() async throws {
        try await withShop { store in
            let silent = FakeTeacher(limit: 0), good = FakeTeacher(limit: 100)
            try await silent.serve { first in
                try await good.serve { second in
                    try await withDistillation(store, [first, second], inFlight: 4, silence: .milliseconds(200)) { runner in
                        let job = try await runner.distil()
                        try await eventually("the job tells of it") {
                            try await runner.job(job.number).message.contains("it has not answered for")
                        }
                        good.limit.withLock { $0 = .max }
                        let end = try await runner.end(of: job.number)
                        #expect(end.phase == .succeeded && end.done == Self.training && end.message.isEmpty, "\(end)")
                    }
                }
            }
        }
    }

    @Test("What a teacher sends is checked: one that cannot be stored fails its review, one of another model ends the call")
    func untrusted() async throws {
        try await withShop { store in
            let teacher = FakeTeacher { review, attempt in
                switch true {
                case review.text.contains("user 1 on item 3"): .change { $0.itemAttributes = " " }
                case review.text.contains("user 2 on item 3"): .change { $0.userPreference = String(repeating: "x", count: 70_000) }
                case review.text.contains("user 3 on item 3"): .change { $0.provenance = nil }
                case review.text.contains("user 4 on item 3") && attempt == 1: .change { $0.provenance?.modelDigest = "other" }
                case review.text.contains("user 5 on item 3") && attempt == 1: .change { $0.provenance?.promptVersion = "other" }
                default: .answer
                }
            }
            try await teacher.serve { connection in
                try await withDistillation(store, [connection], inFlight: 4) { runner in
                    let job = try await runner.end(of: runner.distil().number)
                    #expect(job.phase == .succeeded)
                    #expect([job.done, job.failed] == [Self.training, 3], "\(job)")
                    func count(_ user: Int) -> Int? { teacher.counts["Text of user \(user) on item 3."] }
                    #expect([count(1), count(2), count(3), count(4), count(5)] == [1, 1, 1, 2, 2])
                    #expect(try await store.statistics().rationales == UInt64(Self.training - 3))
                }
            }
        }
    }

    @Test("A teacher too old to say who it is stands aside, and each teacher's reason is told")
    func reasons() async throws {
        try await withShop { store in
            let old = FakeTeacher(version: ""), other = FakeTeacher(digest: "another"), good = FakeTeacher(limit: 50)
            try await old.serve { first in
                try await good.serve { second in
                    try await other.serve { third in
                        try await withDistillation(store, [first, second, third], inFlight: 4) { runner in
                            let job = try await runner.distil()
                            try await eventually("both are told of") {
                                let message = try await runner.job(job.number).message
                                return message.contains("neither its model's digest") && message.contains("has another model")
                            }
                            good.limit.withLock { $0 = .max }
                            let end = try await runner.end(of: job.number)
                            #expect(end.phase == .succeeded && end.done == Self.training && end.failed == 0, "\(end)")
                        }
                    }
                }
            }
        }
    }

    @Test("A job that was stopped goes on: what is stored is not asked for again, and its counts go on")
    func resume() async throws {
        try await withShop { store in
            let teacher = FakeTeacher(limit: 60)
            try await teacher.serve { connection in
                let job = try await withDistillation(store, [connection], inFlight: 4) { runner in
                    let job = try await runner.distil(StartDistillationRequest(limit: 150))
                    try await eventually("a part is stored") { try await store.job(job.number).done >= 60 }
                    return job
                }
                // Interactions that come meanwhile make another split, and change nothing of this job's.
                _ = try await store.ingest(shop(users: 20, items: 14).map { .review($0) })
                let before = try await store.job(job.number)
                #expect(before.phase == .running && before.done < 150)
                teacher.limit.withLock { $0 = .max }
                try await withDistillation(store, [connection], inFlight: 4) { runner in
                    let end = try await runner.end(of: job.number)
                    #expect(end.phase == .succeeded)
                    #expect([end.done, end.total] == [150, 150])
                }
                #expect(try await store.statistics().rationales == 150)
                // Those that were out when it was stopped, at most.
                #expect(teacher.counts.values.reduce(0, +) <= 150 + 4)
                #expect(teacher.counts.keys.allSatisfy { !$0.contains("item 10") && !$0.contains("item 11") })
            }
        }
    }
}
