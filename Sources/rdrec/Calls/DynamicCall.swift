import RPC
import Reflection
import Transport
import Wire

/// A call of any kind to a method that only the server's schema knows. Messages are JSON on both sides.
struct DynamicCall: Sendable {
    let session: Session
    let pool: DescriptorPool
    let descriptor: MethodDescriptor
    let requests: Requests
    let output: Output
    /// Many lines for the one response.
    let isPretty: Bool
    /// Trailers go to standard error.
    let showsTrailers: Bool

    private var method: Method<RawPayload, RawPayload> { Method(info: descriptor.info) }
    private var streams: Bool { descriptor.clientStreaming || descriptor.serverStreaming }
    private var options: CallOptions { session.callOptions(isEndless: streams) }

    /// - Throws: `RPCError` with which the call ended; `CommandError` for requests and output.
    func run() async throws {
        switch method.kind {
        case .unary:
            let reply = try await session.client.unaryReply(method, requests.single(), options: options)
            try await show(reply.response)
            show(reply.trailers)
        case .serverStream:
            try await session.client.serverStream(method, requests.single(), options: options) { responses in
                for try await response in responses { try await show(response) }
            }
        case .clientStream:
            let response = try await session.client.clientStream(method, options: options) { writer in try await produce(writer) }
            try await show(response)
        case .bidirectional:
            try await session.client.bidirectional(method, options: options) { writer, responses in
                try await converse(writer, responses)
            }
        }
    }

    func show(_ trailers: [Metadata]) {
        guard showsTrailers else { return }
        for trailer in trailers { Output.note("trailer \(trailer.printed)") }
    }

    private func show(_ response: RawPayload) async throws {
        let text: String
        do {
            text = try pool.json(response.bytes, as: descriptor.outputType, pretty: isPretty)
        } catch {
            throw RPCError(.internal, "the response is not a \(descriptor.outputType): \(error)")
        }
        try await output.line(text)
    }

    /// Writes requests as they come. The call may pass its deadline while standard input is silent: the command's time is watched too.
    private func produce(_ writer: MessageWriter<RawPayload>) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await requests.each(writer.write) }
            group.addTask { try await session.waitForDeadline() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Writes requests while responses are read. The responses tell how the call ended, also where that is why a write failed.
    private func converse(_ writer: MessageWriter<RawPayload>, _ responses: MessageStream<RawPayload>) async throws {
        enum Side { case requests, responses }
        try await withThrowingTaskGroup(of: Side.self) { group in
            group.addTask {
                do {
                    try await requests.each(writer.write)
                    writer.finish()
                } catch is RPCError {}
                return .requests
            }
            group.addTask {
                for try await response in responses { try await show(response) }
                return .responses
            }
            defer { group.cancelAll() }
            while let side = try await group.next(), side != .responses {}
        }
    }
}
