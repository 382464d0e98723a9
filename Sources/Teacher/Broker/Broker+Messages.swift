internal import RPC
internal import Transport
internal import Wire

extension Broker.Fleet {
    /// - Throws: FAILED_PRECONDITION for a worker that would answer otherwise.
    func check(_ other: Broker.Fleet) throws(RPCError) {
        guard other.model.digest == model.digest else {
            throw RPCError(
                .failedPrecondition,
                "this worker's model has the digest \(other.model.digest), and the teacher's is \(model.digest): the same request must give "
                    + "the same text on every worker; start it with the same file, or the broker anew")
        }
        guard other.promptVersion == promptVersion else {
            throw RPCError(
                .failedPrecondition,
                "this worker's prompt is \(other.promptVersion), and the teacher's is \(promptVersion): give every worker the same")
        }
    }
}

extension Broker.Job {
    func assigned(_ assignment: BrokerMachine.AssignmentID) -> BrokerMessage {
        // A deadline that has passed is none on the wire; what little is left ends with it at the worker.
        let timeout = deadline.map { max(1, Nanoseconds($0 - .now).count / 1_000) }
        return BrokerMessage(
            order: .assignment(Assignment(assignmentID: assignment, timeoutUs: UInt64(clamping: timeout ?? 0), work: work)))
    }

    /// Passes a part of a completion on.
    /// - Throws: INVALID_ARGUMENT for what no worker has to say; its attachment is to be ended then.
    mutating func pass(_ chunk: CompleteChunk) throws(RPCError) {
        guard case .completion = work else { throw RPCError(.invalidArgument, "a chunk of a rationale, which is sent whole") }
        // What a chunk holds beside its text counts too.
        textBytes += chunk.text.utf8.count + 4 * chunk.tokens.count + 64
        guard textBytes <= Self.maxTextBytes else {
            throw RPCError(.invalidArgument, "the chunks of a completion have more than \(Self.maxTextBytes) bytes")
        }
        events.yield(.chunk(chunk))
    }

    /// Ends the request with what its worker says.
    func finish(_ outcome: AssignmentOutcome) {
        switch (work, outcome.result) {
        case _ where outcome.status != StatusCode.ok.rawValue: events.finish(throwing: outcome.error)
        case (.rationale, .rationale(let rationale)):
            events.yield(.rationale(rationale))
            events.finish()
        case (.completion, .lastChunk(let chunk)):
            events.yield(.chunk(chunk))
            events.finish()
        default: events.finish(throwing: RPCError(.internal, "the worker answered without a result of the kind that was asked for"))
        }
    }
}

extension AssignmentOutcome {
    var error: RPCError {
        let code = StatusCode(wireValue: status)
        guard retryDelayMs > 0 else { return RPCError(code, message) }
        return .tryLater(code, message, retryAfter: .milliseconds(Int(retryDelayMs)))
    }
}

extension BrokerMachine.Ending {
    var error: RPCError {
        switch self {
        case .expired: RPCError(.deadlineExceeded, "the deadline passed while the request waited for a worker")
        case .workersLost(let count): RPCError(.internal, "\(count) workers were lost one after the other while they worked on it")
        // Whoever asks again gets the text from its beginning.
        case .lostHalfway: RPCError(.unavailable, "the worker was lost after a part of the text had been sent")
        }
    }
}

extension Assignment.Work {
    /// About what the request holds of memory: its texts, and something for the rest.
    var byteCount: Int {
        switch self {
        case .rationale(let request):
            let review = request.review
            let texts = [review?.reviewID, review?.userID, review?.itemID, review?.text, review?.summary]
            return texts.reduce(256) { $0 + ($1?.utf8.count ?? 0) }
        case .completion(let request):
            let stops = request.stop.reduce(256) { $0 + $1.utf8.count + 32 }
            switch request.input {
            case .prompt(let prompt): return stops + prompt.utf8.count
            case .chat(let chat): return chat.messages.reduce(stops) { $0 + $1.role.utf8.count + $1.content.utf8.count + 64 }
            case nil: return stops
            }
        }
    }
}

extension UInt8 {
    /// Of the names of workers: `[A-Za-z0-9_.-]`.
    var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
