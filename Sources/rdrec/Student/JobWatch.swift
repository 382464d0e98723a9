import RPC
import RationaleStreams
import Transport
import Wire

/// Watches a job until it ends. It goes on at the server whatever happens here, also over a restart of the server.
struct JobWatch: Sendable {
    let session: Session
    let jobID: String
    /// How long to go on without a word from the server.
    let patience: Duration
    /// Whether the server is known to be there: it is waited for then, should it go.
    var isKnown = false

    /// Shows how far the job is, and prints its last line, or the job as JSON.
    /// - Throws: as `ended`, and `requireSuccess` of the job.
    func run(_ output: Output, asJSON: Bool = false) async throws {
        let job = try await ended()
        try await output.line(asJSON ? OwnJSON().text(of: job) : job.line)
        try job.requireSuccess()
    }

    /// Shows how far the job is until it has ended, one way or another.
    /// - Throws: `RPCError` where the server stays away, `CancellationError` where the command is to end.
    func ended() async throws -> Job {
        var screen = Screen(hasSeen: isKnown, patience: Patience(patience))
        do {
            let job = try await lastState(&screen)
            screen.line.clear()
            return job
        } catch {
            screen.line.clear()
            if Task.isCancelled {
                let id = printable(jobID)
                Output.note("note: job \(id) goes on: rdrec jobs watch \(id) shows it again, rdrec jobs cancel \(id) ends it")
            }
            throw error
        }
    }

    private struct Screen {
        var line = ProgressLine()
        var progress = JobProgress()
        /// Whether the server is known to be there.
        var hasSeen: Bool
        var patience: Patience

        mutating func show(_ event: JobEvent) {
            hasSeen = true
            patience.succeeded()
            for epoch in progress.take(event) { line.note(epoch) }
            if event.job != nil { line.show(progress, .now) }
        }
    }

    private func lastState(_ screen: inout Screen) async throws -> Job {
        while true {
            do {
                if let job = try await watch(&screen) { return job }
                throw RPCError(.unavailable, "the server ended the call before the job")
            } catch let error as RPCError {
                try await pause(after: error, &screen)
            }
        }
    }

    /// One call; nil where it ends before the job does.
    private func watch(_ screen: inout Screen) async throws -> Job? {
        let request = GetJobRequest(jobID: jobID), options = session.callOptions(isEndless: true)
        return try await JobsClient(session.client).watchJob(request, options: options) { events in
            for try await event in events {
                screen.show(event)
                if let job = event.job, job.state.isFinal { return job }
            }
            return nil
        }
    }

    /// Waits before the next call, or gives up.
    private func pause(after error: RPCError, _ screen: inout Screen) async throws {
        try Task.checkCancellation()
        // A server that has never been there is not coming back.
        guard error.code.isPassing, screen.hasSeen || session.waits else { throw error }
        if !screen.patience.isFailing { screen.line.note("note: \(printable("\(error)")): trying again for \(patience)") }
        guard let wait = screen.patience.wait(after: error, .now, random: .random(in: 0..<1)) else { throw error }
        try await Task.sleep(for: wait)
    }
}

extension Job {
    /// - Throws: `CommandError` with `incomplete` for a job that has ended without doing all of its work.
    func requireSuccess() throws(CommandError) {
        guard state == .succeeded else { throw CommandError(.incomplete, "job \(printable(jobID)) is \(state.word)") }
        guard failed == 0 else { throw CommandError(.incomplete, "\(thousands(failed)) of job \(printable(jobID)) have failed") }
    }
}
