import Foundation
import Testing

/// echo-server as a process, and rdrec talking to it.
struct EchoServerProcess {
    let folder: String
    let endpoint: String
    let child: Child

    /// Runs `body` with a server on ipc, or on another endpoint, that has said that it listens; ends it afterwards.
    static func with<Result>(
        _ arguments: [String] = [], endpoint: String? = nil, _ body: (EchoServerProcess) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            let asked = endpoint ?? "ipc://\(folder)/echo"
            let child = try Child("echo-server", ["--endpoint", asked, "--drain-seconds", "1"] + arguments)
            do {
                let line = try #require(await child.nextLine(), "echo-server did not start")
                try #require(line.hasPrefix("listening "))
                let server = EchoServerProcess(folder: folder, endpoint: String(line.dropFirst("listening ".count)), child: child)
                let result = try await body(server)
                child.signal(SIGTERM)
                _ = await child.ended()
                return result
            } catch {
                child.signal(SIGKILL)
                _ = await child.ended()
                throw error
            }
        }
    }

    /// rdrec with these arguments, told where the server is.
    func start(_ arguments: String..., closesOutput: Bool = false) throws -> Child {
        try Child("rdrec", arguments, environment: ["RDREC_ENDPOINT": endpoint], closesOutput: closesOutput)
    }

    /// Runs rdrec to its end.
    func run(_ arguments: String..., input: String = "") async throws -> Finished {
        try await runCommand(arguments, input: input, environment: ["RDREC_ENDPOINT": endpoint])
    }

    /// Calls a method of the Echo service with one request.
    func call(_ method: String, _ request: String) async throws -> Finished {
        try await run("call", "/rdrec.test.v1.Echo/\(method)", request)
    }
}

/// Runs rdrec to its end.
func runCommand(_ arguments: [String], input: String = "", environment: [String: String] = [:]) async throws -> Finished {
    let child = try Child("rdrec", arguments, environment: environment)
    if !input.isEmpty { try child.send(input) }
    child.closeInput()
    return await child.ended()
}

/// A new folder with mode 0700 and a short path, as sockets need it, which goes away afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/rdrec-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A value of a response, by its key.
func value(_ key: String, of json: String?) throws -> String? {
    let object = try JSONSerialization.jsonObject(with: Data((json ?? "").utf8)) as? [String: Any]
    return object?[key].map { "\($0)" }
}
