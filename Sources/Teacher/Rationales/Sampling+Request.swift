package import RPC
internal import Transport
package import Wire

// By name: the module has a class of its own name, so that `LlamaModel.Sampling` would be looked for in that.
package import struct LlamaModel.Sampling

extension Sampling {
    /// What a request asks for; greedy where it says nothing. `max_tokens` is not part of it.
    /// - Throws: INVALID_ARGUMENT that names the field which is out of range.
    package init(_ request: Wire.Sampling?) throws(RPCError) {
        let request = request ?? Wire.Sampling()
        guard (0...100).contains(request.temperature) else {
            throw RPCError(.invalidArgument, "sampling.temperature is \(request.temperature); it is 0 to 100")
        }
        guard (0...1).contains(request.topP) else { throw RPCError(.invalidArgument, "sampling.top_p is \(request.topP); it is 0 to 1") }
        self.init(temperature: request.temperature, topP: request.topP, topK: Int(request.topK), seed: request.seed)
    }
}
