package import CoreMetrics
internal import Metrics

/// The counters of the socket thread. Made once a process with its metrics backend; recording is safe from any thread.
package struct TransportMetrics: Sendable {
    private let malformed: [MalformedReason: Counter]
    private let rejections: [SendRejection: Counter]
    private let peers: Meter
    private let bytesInFlight: Meter
    private let missedHeartbeats: Counter
    private let lostPeers: Counter
    private let deniedAuth: Counter
    private let streamGaps: Counter
    private let reconnects: Counter

    /// Why something was not handed to the socket: the label `reason` of `rdrec_transport_send_rejections_total`.
    package enum SendRejection: String, Sendable, CaseIterable {
        /// The peer takes nothing and its queue is over its bound.
        case queueFull = "queue_full"
        /// The peer is gone.
        case unreachable
        /// The peer has told that it does not take so much.
        case tooLarge = "too_large"
        /// No connection is there to send it on.
        case notConnected = "not_connected"
    }

    package init(factory: any MetricsFactory = MetricsSystem.factory) {
        malformed = Dictionary(
            uniqueKeysWithValues: MalformedReason.allCases.map {
                ($0, Counter(label: "rdrec_transport_malformed_total", dimensions: [("reason", $0.rawValue)], factory: factory))
            })
        rejections = Dictionary(
            uniqueKeysWithValues: SendRejection.allCases.map {
                ($0, Counter(label: "rdrec_transport_send_rejections_total", dimensions: [("reason", $0.rawValue)], factory: factory))
            })
        peers = Meter(label: "rdrec_transport_peers", factory: factory)
        bytesInFlight = Meter(label: "rdrec_transport_in_flight_bytes", factory: factory)
        missedHeartbeats = Counter(label: "rdrec_transport_missed_heartbeats_total", factory: factory)
        lostPeers = Counter(label: "rdrec_transport_lost_peers_total", factory: factory)
        deniedAuth = Counter(label: "rdrec_transport_denied_auth_total", factory: factory)
        streamGaps = Counter(label: "rdrec_transport_stream_gaps_total", factory: factory)
        reconnects = Counter(label: "rdrec_transport_reconnects_total", factory: factory)
    }

    package func countMalformed(_ reason: MalformedReason) {
        malformed[reason]?.increment()
        if reason == .sequence { streamGaps.increment() }
    }

    package func countRejection(_ reason: SendRejection) { rejections[reason]?.increment() }

    /// A connection was opened or forgotten by a server.
    package func countPeer(opened: Bool) { if opened { peers.increment() } else { peers.decrement() } }
    /// Bytes of large frames that libzmq holds.
    package func setBytesInFlight(_ count: Int) { bytesInFlight.set(count) }
    /// One interval of a peer's silence.
    package func countMissedHeartbeat() { missedHeartbeats.increment() }
    /// A connection that ended for its peer's silence.
    package func countLostPeer() { lostPeers.increment() }
    /// A key that was refused.
    package func countDeniedAuth() { deniedAuth.increment() }
    /// A client's connection or attempt that was lost, after which it connects anew.
    package func countReconnect() { reconnects.increment() }
}
