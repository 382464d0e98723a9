import ChildProcesses
import RPC
import Teacher
import Testing
import Transport
import Wire

/// What a worker may say, and what comes of work whose worker does otherwise.
@Suite(.timeLimit(.minutes(1)))
struct AttachmentTests {
    private let broker = Broker(limits: .init()) { _ in }
    private let ready = WorkerReady(workerID: "w", slots: 1, model: ModelInfo(digest: "d"), promptVersion: "p")

    @Test(
        "A worker that says nonsense is refused",
        arguments: [
            (WorkerReady(workerID: "", slots: 1, model: ModelInfo(digest: "d")), StatusCode.invalidArgument),
            (WorkerReady(workerID: "a b", slots: 1, model: ModelInfo(digest: "d")), .invalidArgument),
            (WorkerReady(workerID: "w", slots: 0, model: ModelInfo(digest: "d")), .invalidArgument),
            (WorkerReady(workerID: "w", slots: 1), .invalidArgument),
            (WorkerReady(workerID: "w", slots: 2, interactiveSlots: 2, model: ModelInfo(digest: "d")), .invalidArgument),
            (WorkerReady(workerID: "w", slots: 1, model: ModelInfo(digest: "e"), promptVersion: "p"), .failedPrecondition),
            (WorkerReady(workerID: "w", slots: 1, model: ModelInfo(digest: "d"), promptVersion: "q"), .failedPrecondition),
        ])
    func refused(_ other: WorkerReady, _ code: StatusCode) async throws {
        let (first, _) = try broker.attach(ready)
        first.detach()
        #expect(try await failure { try broker.attach(other) }.code == code)
        #expect(!broker.isReady)
    }

    @Test("A teacher with a worker of its own takes no other before that one, whose model is the teacher's")
    func ownFirst() async throws {
        let broker = Broker(limits: .init(), awaitsOwnWorker: true) { _ in }
        #expect(try await failure { try broker.attach(ready) }.code == .unavailable)
        var own = ready
        own.model = ModelInfo(digest: "own")
        _ = try broker.attach(own, isOwn: true)
        #expect(try await failure { try broker.attach(ready) }.code == .failedPrecondition)
        _ = try broker.attach(own)
        #expect(broker.load.workers.count == 2)
    }

    @Test("The wire holds a worker to the same: ready first, and once")
    func order() async throws {
        try await DaemonFixture.with { fixture in
            let client = TeacherBrokerClient(fixture.client)
            func end(_ messages: [WorkerMessage]) async throws -> StatusCode {
                try await failure {
                    try await client.attach { writer, orders in
                        for message in messages { try await writer.write(message) }
                        for try await _ in orders {}
                    }
                }.code
            }
            #expect(try await end([WorkerMessage(event: .draining(WorkerDraining()))]) == .invalidArgument)
            try await eventually("the worker inside has come") { fixture.daemon.broker.isReady }
            #expect(try await end([WorkerMessage(event: .ready(ready))]) == .failedPrecondition)
            var same = ready
            (same.model, same.promptVersion) = (ModelInfo(digest: "scripted"), "scripted-1")
            #expect(try await end([WorkerMessage(event: .ready(same)), WorkerMessage(event: .ready(same))]) == .failedPrecondition)
            #expect(fixture.daemon.broker.load.workers.count == 1)
        }
    }

    @Test("A request is given out three times at most, and then is INTERNAL")
    func threeLosses() async throws {
        let events = try broker.submit(.rationale(request(1)), isBulk: false, deadline: nil)
        for _ in 0..<3 {
            let (attachment, orders) = try broker.attach(ready)
            _ = try await assignment(of: orders)
            attachment.detach()
        }
        #expect(try await failure { for try await _ in events {} }.code == .internal)
    }

    @Test("A completion whose worker is lost is done again while no text has gone out, and else UNAVAILABLE")
    func lostHalfway() async throws {
        let work = Assignment.Work.completion(CompleteRequest(input: .prompt("x")))
        let events = try broker.submit(work, isBulk: false, deadline: nil)
        let (first, _) = try broker.attach(ready)
        first.detach()
        let (second, orders) = try broker.attach(ready)
        var given = orders.makeAsyncIterator()
        let assignment = try await assignment(of: &given)
        let chunk = AssignmentChunk(assignmentID: assignment.assignmentID, chunk: CompleteChunk(text: "half"))
        try second.received(WorkerMessage(event: .chunk(chunk)))
        second.detach()
        var seen: [WorkEvent] = []
        let error = try await failure { for try await event in events { seen.append(event) } }
        #expect(error.code == .unavailable && seen == [.chunk(CompleteChunk(text: "half"))])
    }

    @Test("An outcome without what was asked for is INTERNAL; work given back is given out again; an error is told as it is")
    func outcomes() async throws {
        var (attachment, orders) = try broker.attach(ready)
        var given = orders.makeAsyncIterator()
        func next(_ outcome: AssignmentOutcome) async throws {
            let assignment = try await assignment(of: &given)
            var outcome = outcome
            outcome.assignmentID = assignment.assignmentID
            try attachment.received(WorkerMessage(event: .outcome(outcome)))
        }
        let wrong = try broker.submit(.rationale(request(1)), isBulk: false, deadline: nil)
        try await next(AssignmentOutcome(result: .lastChunk(CompleteChunk())))
        #expect(try await failure { for try await _ in wrong {} }.code == .internal)
        let back = try broker.submit(.rationale(request(2)), isBulk: false, deadline: nil)
        try await next(AssignmentOutcome(status: StatusCode.unavailable.rawValue))
        #expect(await given.next() == nil, "it is let go, since it cannot work")
        attachment.detach()
        (attachment, orders) = try broker.attach(ready)
        given = orders.makeAsyncIterator()
        try await next(AssignmentOutcome(status: StatusCode.resourceExhausted.rawValue, message: "later", retryDelayMs: 70))
        let error = try await failure { for try await _ in back {} }
        #expect(error.code == .resourceExhausted && error.message == "later" && error.retryAfter == .milliseconds(70))
    }

    @Test("While a stream of requests is open the workers stay; when it has gone they are let go, and nothing more is taken on")
    func letGo() async throws {
        let (attachment, orders) = try broker.attach(ready)
        let told = AsyncStream<Void>.makeStream()
        let forget = broker.whenDraining { told.continuation.finish() }
        broker.beginDraining()
        for await _ in told.stream {}
        // What the stream had taken before it was told.
        let late = try broker.submit(.rationale(request(1)), isBulk: false, deadline: nil)
        var given = orders.makeAsyncIterator()
        let assignment = try await assignment(of: &given)
        try attachment.received(
            WorkerMessage(event: .outcome(AssignmentOutcome(assignmentID: assignment.assignmentID, result: .rationale(Rationale())))))
        for try await _ in late {}
        forget()
        #expect(await given.next() == nil, "the worker is let go")
        #expect(throws: RPCError.self) { try broker.submit(.rationale(request(2)), isBulk: false, deadline: nil) }
    }

    @Test("What waits when the last worker of a draining broker goes ends UNAVAILABLE")
    func nobodyLeft() async throws {
        let (attachment, _) = try broker.attach(ready)
        let first = try broker.submit(.rationale(request(1)), isBulk: false, deadline: nil)
        broker.beginDraining()
        attachment.detach()
        #expect(try await failure { for try await _ in first {} }.code == .unavailable)
    }

    @Test("An assignment tells the time that is left; a deadline that passes in the queue ends the request")
    func deadlines() async throws {
        let late = try broker.submit(.rationale(request(1)), isBulk: false, deadline: .now - .seconds(1))
        let timely = try broker.submit(.rationale(request(2)), isBulk: false, deadline: .now + .seconds(60))
        let (_, orders) = try broker.attach(ready)
        #expect(try await failure { for try await _ in late {} }.code == .deadlineExceeded)
        let assignment = try await assignment(of: orders)
        #expect((1...60_000_000).contains(assignment.timeoutUs))
        _ = timely
    }

    @Test("A chunk of a rationale ends the attachment, and so do chunks without end")
    func chunks() async throws {
        let (attachment, orders) = try broker.attach(ready)
        let rationale = try broker.submit(.rationale(request(1)), isBulk: false, deadline: nil)
        let first = try await assignment(of: orders)
        let part = AssignmentChunk(assignmentID: first.assignmentID, chunk: CompleteChunk(text: "x"))
        #expect(try await failure { try attachment.received(WorkerMessage(event: .chunk(part))) }.code == .invalidArgument)
        attachment.detach()
        let (second, others) = try broker.attach(ready)
        var given = others.makeAsyncIterator()
        // Nothing of it has gone out, so that it is given to another.
        let again = try await assignment(of: &given).assignmentID
        try second.received(WorkerMessage(event: .outcome(AssignmentOutcome(assignmentID: again, result: .rationale(Rationale())))))
        for try await _ in rationale {}
        let completion = try broker.submit(.completion(CompleteRequest(input: .prompt("x"))), isBulk: false, deadline: nil)
        let id = try await assignment(of: &given).assignmentID
        let megabyte = CompleteChunk(text: String(repeating: "x", count: 1 << 20))
        let error = try await failure {
            for _ in 0..<100 { try second.received(WorkerMessage(event: .chunk(AssignmentChunk(assignmentID: id, chunk: megabyte)))) }
        }
        #expect(error.code == .invalidArgument)
        _ = completion
    }

    private func assignment(of orders: Broker.Orders) async throws -> Assignment {
        var given = orders.makeAsyncIterator()
        return try await assignment(of: &given)
    }

    /// The next assignment; that the worker is accepted comes before.
    private func assignment(of given: inout Broker.Orders.AsyncIterator) async throws -> Assignment {
        while let order = await given.next()?.order {
            if case .assignment(let assignment) = order { return assignment }
        }
        throw Missing(description: "an assignment")
    }
}
