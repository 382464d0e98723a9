import CZeroMQ
import Foundation
import Testing
import Transport

/// A libzmq ROUTER on a free loopback port, with what protects it or without. Its ZAP handler has a thread of its own.
final class ProbedServer {
    enum Protection {
        /// As our servers are.
        case proper(AllowList)
        /// CURVE, but neither domain nor handler: libzmq admits anybody.
        case curveAlone(KeyPair)
        /// CURVE and a handler that answers every request with this status.
        case handler(status: String)
        /// CURVE and a handler that never answers.
        case silent
        /// The domain is enforced, but there is no handler.
        case noHandler
        /// No CURVE at all.
        case none
    }

    let keys = KeyPair.generate()
    let endpoint: Endpoint
    let socket: UnsafeMutableRawPointer
    private let context: UnsafeMutableRawPointer
    private let handlerEnded: DispatchSemaphore?

    init(_ protection: Protection, bind text: String = "tcp://127.0.0.1:*", ipv6: Bool = false) throws {
        context = try #require(zmq_ctx_new())
        handlerEnded = try Self.startHandler(protection, context)
        socket = try #require(zmq_socket(context, ZMQ_ROUTER))
        var zero: Int32 = 0
        try #require(zmq_setsockopt(socket, ZMQ_LINGER, &zero, 4) == 0)
        switch protection {
        case .none: break
        case .curveAlone:
            var one: Int32 = 1
            try #require(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, 4) == 0)
            try #require(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys.secretKey.bytes, 32) == 0)
        default: try CurveOptions.setServer(socket, keys: keys)
        }
        var wide: Int32 = ipv6 ? 1 : 0
        try #require(zmq_setsockopt(socket, ZMQ_IPV6, &wide, 4) == 0)
        try #require(zmq_bind(socket, Endpoint(text).bindText()) == 0)
        var bound = [CChar](repeating: 0, count: 256)
        var count = bound.count
        try #require(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &bound, &count) == 0)
        endpoint = try Endpoint(cText(bound))
    }

    deinit {
        zmq_close(socket)
        zmq_ctx_shutdown(context)
        handlerEnded?.wait()
        zmq_ctx_term(context)
    }

    private static func startHandler(_ protection: Protection, _ context: UnsafeMutableRawPointer) throws -> DispatchSemaphore? {
        let answer: @Sendable ([[UInt8]]) -> [[UInt8]]?
        switch protection {
        case .curveAlone, .noHandler, .none: return nil
        case .proper(let list): answer = { ZAP.answer($0, allowList: list).frames }
        case .handler(let status): answer = { [$0[0], $0[1], Array(status.utf8), Array("as told".utf8), [], []] }
        case .silent: answer = { _ in nil }
        }
        let socket = try #require(zmq_socket(context, ZMQ_REP))
        try #require(zmq_bind(socket, ZAP.endpoint) == 0)
        let handler = Handler(socket: socket, answer: answer)
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            handler.run()
            ended.signal()
        }
        return ended
    }
}

/// The ASCII text before the NUL of a buffer that C has filled.
func cText(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// The REP socket of ZAP. Sendable since the thread that is started with it is the only one to use it.
private struct Handler: @unchecked Sendable {
    let socket: UnsafeMutableRawPointer
    let answer: @Sendable ([[UInt8]]) -> [[UInt8]]?

    /// Answers until the context is shut down.
    func run() {
        while let request = receive() {
            guard let frames = answer(request) else { break }
            for (index, frame) in frames.enumerated() {
                zmq_send(socket, frame, frame.count, index + 1 < frames.count ? ZMQ_SNDMORE : 0)
            }
        }
        // Also a handler that never answers keeps its socket: without it libzmq would refuse at once.
        while receive() != nil {}
        zmq_close(socket)
    }

    private func receive() -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        while true {
            var buffer = [UInt8](repeating: 0, count: 512)
            let count = zmq_recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { return nil }
            frames.append(Array(buffer.prefix(Int(count))))
            var more: Int32 = 0
            var size = 4
            guard zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 else { return nil }
            if more == 0 { return frames }
        }
    }
}
