/// Why a message broke the protocol: the rows of PROTOCOL.md 8 and the label `reason` of `rdrec_transport_malformed_total`.
package enum MalformedReason: String, Sendable, Hashable, CaseIterable {
    case frameCount = "frame_count"
    case routingID = "routing_id"
    case header
    case version
    case kind
    case epoch
    case unknownPeer = "unknown_peer"
    case state
    case callID = "call_id"
    case noCall = "no_call"
    case halfClosed = "half_closed"
    case sequence
    case credit
    case frameBytes = "frame_bytes"
    case metadata
    case payload
    case identity
}
