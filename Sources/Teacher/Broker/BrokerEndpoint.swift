package import RPC
internal import Transport
package import Wire

/// `rdrec.v1.TeacherBroker`: where workers of other processes attach.
package struct BrokerEndpoint: TeacherBrokerService {
    private let broker: Broker

    package init(_ broker: Broker) { self.broker = broker }

    package func attach(
        _ requests: MessageStream<WorkerMessage>, _ responses: MessageWriter<BrokerMessage>, _ call: ServerCall
    ) async throws {
        var first = requests.makeAsyncIterator()
        guard let begin = try await first.next(), case .ready(let ready) = begin.event else {
            throw RPCError(.invalidArgument, "a worker says ready first")
        }
        let (attachment, orders) = try broker.attach(ready)
        // However the call ends, the worker's work goes to others.
        defer { attachment.detach() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await order in orders { try await responses.write(order) } }
            group.addTask { for try await message in requests { try attachment.received(message) } }
            // The worker has half-closed, or the broker lets it go.
            try await group.next()
            group.cancelAll()
        }
    }
}
