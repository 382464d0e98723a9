package import RPC
package import Synchronization
import Transport
import Wire

/// The Echo service as `echo.proto` describes it.
package final class EchoHandlers: EchoService {
    /// Calls whose handler has begun.
    package let begun = Atomic<Int>(0)

    private let metricsText: @Sendable () -> String

    /// - Parameter metricsText: what GetMetrics answers.
    package init(metricsText: @escaping @Sendable () -> String = { "" }) { self.metricsText = metricsText }

    package func get(_ request: EchoRequest, _ call: ServerCall) async throws -> EchoResponse {
        begun.add(1, ordering: .relaxed)
        return try await answer(request, number: request.count, call)
    }

    package func put(_ request: EchoRequest, _ call: ServerCall) async throws -> EchoResponse {
        begun.add(1, ordering: .relaxed)
        return try await answer(request, number: request.count, call)
    }

    package func expand(_ request: EchoRequest, _ responses: MessageWriter<EchoResponse>, _ call: ServerCall) async throws {
        begun.add(1, ordering: .relaxed)
        for number in 0..<request.count {
            try await responses.write(answer(request, number: number, call))
        }
        if request.count == 0, request.failStatus != 0 { throw failure(request) }
    }

    package func collect(_ requests: MessageStream<EchoRequest>, _ call: ServerCall) async throws -> EchoResponse {
        begun.add(1, ordering: .relaxed)
        var texts: [String] = []
        for try await request in requests {
            if request.delayMs > 0 { try await Task.sleep(for: .milliseconds(Int(request.delayMs))) }
            if request.failStatus != 0 { throw failure(request) }
            texts.append(request.text)
        }
        return EchoResponse(text: texts.joined(separator: " "), count: UInt32(texts.count), peer: call.peer.name)
    }

    package func chat(
        _ requests: MessageStream<EchoRequest>, _ responses: MessageWriter<EchoResponse>, _ call: ServerCall
    ) async throws {
        begun.add(1, ordering: .relaxed)
        var number: UInt32 = 0
        for try await request in requests {
            try await responses.write(answer(request, number: number, call))
            number += 1
        }
    }

    package func mirror(_ request: EveryType, _ call: ServerCall) async throws -> EveryType {
        begun.add(1, ordering: .relaxed)
        return request
    }

    package func getMetrics(_ request: EchoRequest, _ call: ServerCall) async throws -> EchoResponse {
        EchoResponse(text: metricsText())
    }

    private func failure(_ request: EchoRequest) -> RPCError {
        RPCError(StatusCode(wireValue: request.failStatus), request.text)
    }

    private func answer(_ request: EchoRequest, number: UInt32, _ call: ServerCall) async throws -> EchoResponse {
        if request.delayMs > 0 { try await Task.sleep(for: .milliseconds(Int(request.delayMs))) }
        if request.failStatus != 0 { throw failure(request) }
        let payload = request.responseBytes == 0 ? request.payload : [UInt8](repeating: 0, count: Int(request.responseBytes))
        let remaining = call.remaining.map { UInt64(clamping: Nanoseconds($0).count / 1_000) }
        return EchoResponse(
            text: request.text, payload: payload, count: number, remainingUs: remaining ?? 0,
            traceparent: call.metadata.text("traceparent") ?? "", peer: call.peer.name)
    }
}
