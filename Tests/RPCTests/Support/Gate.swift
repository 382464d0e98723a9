import EchoProtos
import Locks
import RPC
import Testing
import Wire

/// Where handlers wait until the test lets them go on.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var cancelledIDs: Set<Int> = []
        var arrived = 0
        var cancelled = 0
    }

    private let state = Locked(State())

    /// Handlers that came so far.
    var arrived: Int { state.withLock { $0.arrived } }
    /// Handlers whose task was cancelled while they waited here.
    var cancelled: Int { state.withLock { $0.cancelled } }

    /// - Throws: CancellationError.
    func pass() async throws {
        let id = state.withLock { state in
            state.arrived += 1
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelledIDs.contains(id) { return .failure(CancellationError()) }
                    if state.isOpen { return .success(()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.cancelled += 1
                state.cancelledIDs.insert(id)
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Waits without hearing of cancellation: a handler that is stuck.
    func passWhateverHappens() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Task { [self] in
                try? await pass()
                continuation.resume()
            }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// A method of a service that only a test knows.
func testMethod(_ name: String, _ kind: CallKind = .unary, _ idempotency: Idempotency = .unknown) -> Wire.Method<EchoRequest, EchoResponse>
{
    Method(
        info: MethodInfo(
            service: "test.Test", name: name, kind: kind, idempotency: idempotency, requestType: EchoRequest.fullName,
            responseType: EchoResponse.fullName))
}

/// Notes what happens, in order.
final class Journal<Entry: Sendable>: Sendable {
    private let state = Locked<[Entry]>([])
    var entries: [Entry] { state.withLock { $0 } }
    func note(_ entry: Entry) { state.withLock { $0.append(entry) } }
}

/// Counts, from any thread.
final class Tally: Sendable {
    private let state = Locked(0)
    var count: Int { state.withLock { $0 } }

    /// - Returns: the count with this one.
    @discardableResult
    func add() -> Int {
        state.withLock { count in
            count += 1
            return count
        }
    }
}
