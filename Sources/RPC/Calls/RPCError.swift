package import Transport
package import Wire

/// How a call failed: a status of gRPC with what its maker wants to say. What handlers throw to answer with that status, and what
/// callers catch.
package struct RPCError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not `ok`.
    package var code: StatusCode
    /// For people; at most 4,096 bytes of UTF-8 travel.
    package var message: String
    /// Typed additions, such as `RetryInfo`; at most 8,192 bytes travel.
    package var details: [Detail]
    /// Trailers.
    package var metadata: [Metadata]

    package init(_ code: StatusCode, _ message: String, details: [Detail] = [], metadata: [Metadata] = []) {
        self.code = code
        self.message = message
        self.details = details
        self.metadata = metadata
    }

    package var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }

    /// A refusal that asks to come again.
    /// - Parameter retryAfter: not sooner; to the millisecond.
    package static func tryLater(_ code: StatusCode, _ message: String, retryAfter: Duration) -> RPCError {
        let milliseconds = UInt32(clamping: Nanoseconds(retryAfter).count / 1_000_000)
        // A message of one number always encodes.
        let bytes = (try? RetryInfo(retryDelayMs: milliseconds).encoded()) ?? []
        return RPCError(code, message, details: [Detail(type: RetryInfo.fullName, value: bytes)])
    }

    /// What a `RetryInfo` among the details asks for.
    package var retryAfter: Duration? {
        for detail in details where detail.type == RetryInfo.fullName {
            if let info = try? RetryInfo(decoding: detail.value) { return .milliseconds(Int(info.retryDelayMs)) }
        }
        return nil
    }

    /// The status that any error of a handler becomes. What an unknown error says stays inside the process: it may hold secrets.
    package init(from error: any Error) {
        switch error {
        case let error as RPCError where error.code == .ok: self = RPCError(.unknown, "the handler failed with the status OK")
        case let error as RPCError: self = error
        case is CancellationError: self = RPCError(.cancelled, "the call was cancelled")
        case let error as WireError: self = RPCError(.internal, "\(error)")
        default: self = RPCError(.unknown, "the handler failed")
        }
    }

    static let threadClosed = RPCError(.cancelled, "the client is closed, and its socket thread too")
    static let cancelled = RPCError(.cancelled, "the call was cancelled by its caller")
}

extension Header {
    private static let maxMessageBytes = 4_096
    private static let maxDetailBytes = 8_192
    private static let maxDetailCount = 64

    /// STATUS of a call that failed, cut to the protocol's sizes.
    static func status(_ error: RPCError, callID: UInt64, messageCount: UInt64, maxMetadataBytes: Int) -> Header {
        var message = error.message.replacing("\0", with: "\u{FFFD}")
        if message.utf8.count > maxMessageBytes {
            var bytes = Array(message.utf8.prefix(maxMessageBytes))
            while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
            if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
            message = String(decoding: bytes, as: UTF8.self)
        }
        var room = maxDetailBytes
        // What could not be written would keep the status from its caller altogether.
        let details = error.details.filter { !$0.type.utf8.contains(0) }.prefix(maxDetailCount).filter { detail in
            let size = detail.type.utf8.count + detail.value.count
            defer { if size <= room { room -= size } }
            return size <= room
        }
        return Header(
            kind: .status, callID: callID, metadata: error.metadata.fitting(maxMetadataBytes),
            status: error.code.rawValue, statusMessage: message, details: details, messageCount: messageCount)
    }
}
