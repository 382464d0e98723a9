import ArgumentParser
import Glibc
import Transport

/// The keys of CURVE: for servers on other machines.
struct SecurityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server's public key, for CURVE: 40 characters of Z85, or a file with the line public-key. Default: $RDREC_SERVER_KEY on tcp.",
            valueName: "key-or-file"))
    var serverKey: String?

    @Option(help: "Your own key file (rdrec keygen makes one). Default: $RDREC_KEY_FILE on tcp.")
    var keyFile: String?

    /// - Throws: `CommandError` with `usage`, or `system` for a file.
    func security(for endpoint: Endpoint) throws(CommandError) -> ClientSecurity {
        let server = serverKey ?? (endpoint.isIPC ? nil : environmentValue("RDREC_SERVER_KEY"))
        let own = keyFile ?? (endpoint.isIPC ? nil : environmentValue("RDREC_KEY_FILE"))
        let security: ClientSecurity
        switch (server, own) {
        case (nil, nil): security = .none
        case (let server?, let own?):
            let key = try publicKey(server)
            security = .curve(server: key, keys: try converting { () throws(SecurityError) in try KeyPair(file: own) })
        default: throw CommandError(.usage, "--server-key and --key-file go together: CURVE needs both")
        }
        try converting { () throws(SecurityError) in try security.check(endpoint) }
        return security
    }
}

/// An environment variable; one that is empty counts as unset.
func environmentValue(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// Runs `body` and makes the error of the command of what it throws.
func converting<Value>(_ body: () throws(SecurityError) -> Value) throws(CommandError) -> Value {
    do {
        return try body()
    } catch {
        throw CommandError(error.code == .keyFile ? .system : .usage, "\(error)")
    }
}

/// The public key that `text` is, or that the file of this name has in its line `public-key`.
private func publicKey(_ text: String) throws(CommandError) -> PublicKey {
    if let key = try? PublicKey(text) { return key }
    guard let file = fopen(text, "re") else {
        let reason = String(cString: strerror(errno))
        throw CommandError(.usage, "--server-key \(printable(text)) is neither 40 characters of Z85 nor a file that can be read: \(reason)")
    }
    defer { fclose(file) }
    // Key files are short; what is longer is none.
    var bytes = [UInt8](repeating: 0, count: 4_096)
    bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
    for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
        let words = line.split(separator: UInt8(ascii: " "))
        guard words.count == 2, words[0].elementsEqual("public-key".utf8) else { continue }
        return try converting { () throws(SecurityError) in try PublicKey(String(decoding: words[1], as: UTF8.self)) }
    }
    throw CommandError(.usage, "--server-key \(printable(text)) is a file without the line public-key")
}
