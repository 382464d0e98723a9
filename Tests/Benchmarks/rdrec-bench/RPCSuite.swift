import CPingPong
import EchoProtos
import Foundation
import Logging
import RPC
import Transport
import Wire

/// Calls of 256 bytes each way against plain libzmq ping-pong of the same bytes, in the same process, in turns: each round measures the one
/// and then the other, and what counts is the median of the rounds' ratios, since a shared machine drifts.
///
/// `rpc.*` runs callers and the handler on the socket threads, as dispatch loops should; `rpc.*.pool.*` runs both on Swift's pool,
/// as an application does that says nothing.
struct RPCSuite {
    var quick: Bool

    private var rounds: Int { quick ? 5 : 15 }
    private var unaryCalls: Int { quick ? 2_000 : 5_000 }
    private var burstCalls: Int { quick ? 20_000 : 50_000 }
    private static let window = 64

    func run(into report: inout Report) async throws {
        for transport in ["ipc", "tcp"] {
            report = try await withPrivateFolder { [report] folder in
                var extended = report
                try await run(transport, folder, into: &extended)
                return extended
            }
        }
    }

    /// Calls and nothing else.
    static func profile(calls: Int) async throws {
        try await withPrivateFolder { folder in
            let ends = try await EchoEnds(endpoint: Endpoint(ipcPath: "\(folder)/profile.ipc"))
            let rate = try await ends.inFlight(calls, window: window, onSocketThread: true)
            print("\(Int(rate)) calls/s")
            await ends.close()
        }
    }

    private func run(_ transport: String, _ folder: String, into report: inout Report) async throws {
        func address(_ name: String) -> String { transport == "ipc" ? "ipc://\(folder)/\(name).ipc" : "tcp://127.0.0.1:0" }

        guard let plain = pp_open(address("plain").replacingOccurrences(of: ":0", with: ":*")) else { throw POSIXError(.EADDRINUSE) }
        defer { pp_close(plain) }
        let server = try await EchoEnds(endpoint: Endpoint(address("rdrec")))
        var unaryRatios: [Double] = [], tailRatios: [Double] = [], poolRatios: [Double] = []
        var plainUnary: [Double] = [], ours: [Double] = [], tails: [Double] = [], pool: [Double] = []
        var burstRatios: [Double] = [], poolBurstRatios: [Double] = []
        var plainRates: [Double] = [], rates: [Double] = [], poolRates: [Double] = []
        for round in 0...rounds {
            var latencies = [Double](repeating: 0, count: unaryCalls)
            pp_unary(plain, unaryCalls, &latencies)
            let own = try await server.unary(unaryCalls, onSocketThread: true)
            let pooled = try await server.unary(unaryCalls, onSocketThread: false)
            let plainRate = Double(burstCalls) / pp_in_flight(plain, burstCalls, Self.window)
            let rate = try await server.inFlight(burstCalls, window: Self.window, onSocketThread: true)
            let poolRate = try await server.inFlight(burstCalls, window: Self.window, onSocketThread: false)
            // The first round warms caches and connections.
            if round == 0 { continue }
            plainUnary.append(latencies.median)
            ours.append(own.median)
            tails.append(own.percentile(0.99))
            pool.append(pooled.median)
            unaryRatios.append(own.median / latencies.median)
            tailRatios.append(own.percentile(0.99) / latencies.percentile(0.99))
            poolRatios.append(pooled.median / latencies.median)
            plainRates.append(plainRate)
            rates.append(rate)
            poolRates.append(poolRate)
            burstRatios.append(rate / plainRate)
            poolBurstRatios.append(poolRate / plainRate)
        }
        await server.close()
        let name = "rpc.\(transport)"
        report.add("\(name).unary.p50_ratio", unaryRatios.median, unit: "ratio", better: "lower", bar: 1.5)
        report.add("\(name).unary.p99_ratio", tailRatios.median, unit: "ratio", better: "lower")
        report.add("\(name).unary.p50_us", ours.median * 1e6, unit: "us", better: "lower")
        report.add("\(name).unary.p99_us", tails.median * 1e6, unit: "us", better: "lower")
        report.add("\(name).plain.p50_us", plainUnary.median * 1e6, unit: "us", better: "lower")
        report.add("\(name).inflight64.calls_per_second", rates.median, unit: "calls/s", better: "higher", bar: 100_000)
        report.add("\(name).inflight64.ratio", burstRatios.median, unit: "ratio", better: "higher", bar: 0.2)
        report.add("\(name).plain.calls_per_second", plainRates.median, unit: "calls/s", better: "higher")
        report.add("\(name).pool.unary.p50_ratio", poolRatios.median, unit: "ratio", better: "lower")
        report.add("\(name).pool.unary.p50_us", pool.median * 1e6, unit: "us", better: "lower")
        report.add("\(name).pool.inflight64.calls_per_second", poolRates.median, unit: "calls/s", better: "higher")
        report.add("\(name).pool.inflight64.ratio", poolBurstRatios.median, unit: "ratio", better: "higher")
    }
}
