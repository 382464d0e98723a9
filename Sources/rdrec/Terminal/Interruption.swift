import Glibc
import Synchronization
import UnixSignals

/// Lets SIGINT and SIGTERM cancel work instead of killing the process in the middle of it.
enum Interruption {
    /// Runs `body`. A signal cancels it; a second one ends the process at once, should `body` not end.
    /// - Throws: what `body` throws; where a signal came first, `CommandError` with the signal.
    static func cancels(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let received = Atomic<Int32>(0)
        let work = Task { try await body() }
        let watch = Task {
            for await signal in signals {
                if received.exchange(signal.rawValue, ordering: .relaxed) != 0 { _exit(128 + signal.rawValue) }
                work.cancel()
            }
        }
        defer { watch.cancel() }
        do {
            try await work.value
        } catch {
            let signal = received.load(ordering: .relaxed)
            throw signal == 0 ? error : CommandError(.signal(signal))
        }
    }
}
