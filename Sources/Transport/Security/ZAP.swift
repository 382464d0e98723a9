/// The ZeroMQ Authentication Protocol (RFC 27) as a function: who is admitted by CURVE, from the frames of a request.
package enum ZAP {
    /// Where libzmq asks; the handler binds a REP or ROUTER socket there before the server's socket is bound.
    package static let endpoint = "inproc://zeromq.zap.01"
    /// The `ZMQ_ZAP_DOMAIN` of our servers.
    package static let domain = "rdrec"

    /// Why a peer is not admitted. The raw values are the labels of a metric.
    package enum Denial: String, Sendable, Hashable, CaseIterable {
        /// The request has not the form of RFC 27.
        case malformed
        case version
        case domain
        /// The peer does not speak CURVE.
        case mechanism
        /// The key is not in the allow-list.
        case unknownKey = "unknown_key"
    }

    package enum Decision: Sendable, Hashable {
        case admitted(PublicKey)
        case denied(Denial)
    }

    package struct Answer: Sendable, Hashable {
        /// Version, request id, status code, status text, user id, metadata. The user id is the Z85 text of the key if it is admitted,
        /// else empty.
        package let frames: [[UInt8]]
        package let decision: Decision
    }

    /// The answer to `request`: version, request id, domain, address, routing id, mechanism, credentials. The empty frame before them, and
    /// the routing id where the handler is a ROUTER, are its caller's. Takes any frames; what is no request is denied.
    package static func answer(_ request: [[UInt8]], domain: String = domain, allowList: AllowList) -> Answer {
        let decision = decide(request, domain: domain, allowList: allowList)
        let (status, text, user) =
            switch decision {
            case .admitted(let key): ("200", "OK", key.text)
            case .denied(let denial): (denial.status, denial.text, "")
            }
        let requestID = request.count > 1 ? request[1] : []
        let frames = [Array("1.0".utf8), requestID, Array(status.utf8), Array(text.utf8), Array(user.utf8), []]
        return Answer(frames: frames, decision: decision)
    }

    private static func decide(_ request: [[UInt8]], domain: String, allowList: AllowList) -> Decision {
        guard request.count >= 6 else { return .denied(.malformed) }
        guard request[0].elementsEqual("1.0".utf8) else { return .denied(.version) }
        guard request[2].elementsEqual(domain.utf8) else { return .denied(.domain) }
        guard request[5].elementsEqual("CURVE".utf8) else { return .denied(.mechanism) }
        guard request.count == 7, let key = PublicKey(bytes: request[6]) else { return .denied(.malformed) }
        return allowList.peer(key) == nil ? .denied(.unknownKey) : .admitted(key)
    }
}

extension ZAP.Denial {
    /// 400: the peer is refused; 500: there is a fault on this machine, since libzmq made the request.
    fileprivate var status: String {
        switch self {
        case .domain, .mechanism, .unknownKey: "400"
        case .malformed, .version: "500"
        }
    }

    fileprivate var text: String {
        switch self {
        case .malformed: "Malformed request"
        case .version: "Unknown version"
        case .domain: "Unknown domain"
        case .mechanism: "CURVE is required"
        case .unknownKey: "Unknown key"
        }
    }
}
