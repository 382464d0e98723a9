import DaemonStage
import Prometheus
import RPC
import Student
import Transport

/// A connection to an endpoint where nobody is.
struct AbsentTeacher {
    let connection: TeacherConnection
    private let client: RPCClient
    private let loop: SocketThread

    fileprivate init() throws {
        loop = SocketThread(name: "away-io")
        let endpoint = try Endpoint("inproc://\(UInt64.random(in: 0 ... .max))")
        client = try RPCClient(ClientConfiguration(endpoint: endpoint), loop: loop, logger: quietLogger, metrics: PrometheusRegistry())
        connection = TeacherConnection(name: "\(endpoint)", client: client)
    }

    func close() async {
        await client.close()
        loop.close()
    }
}

func absentTeacher() throws -> AbsentTeacher { try AbsentTeacher() }
