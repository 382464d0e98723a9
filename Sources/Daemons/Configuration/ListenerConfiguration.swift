package import RPC
package import Transport

/// Where a daemon listens, and who may connect.
package struct ListenerConfiguration: Sendable {
    package var endpoints: [Endpoint]
    package var security: ServerSecurity
    package var heartbeatInterval: Duration

    /// - Parameters:
    ///   - socket: name of the socket in the runtime directory where no endpoint is set, as teacher.ipc; the directory is then made.
    ///   - environment: of the process, which says where that directory is.
    /// - Throws: what is wrong, in words that name the key.
    package init<Key: DaemonSettingKey>(_ settings: LayeredSettings<Key>, socket: String, environment: [String: String]) throws {
        if let text = settings[.endpoint] {
            endpoints = try text.split(separator: ",").map { text in
                let endpoint = try Endpoint(String(text))
                guard !endpoint.isInProcess else {
                    throw ConfigurationError("\(Key.endpoint.rawValue) \(text): nobody outside this process could connect")
                }
                return endpoint
            }
        } else {
            let folder = try RuntimeDirectory.defaultPath(in: .ofProcess(environment: environment))
            endpoints = [try RuntimeDirectory(creating: folder).endpoint(named: socket)]
        }
        switch (settings[.keyFile], settings[.allowList]) {
        case (nil, nil): security = try settings.flag(.insecure) ? .insecureLoopback : .none
        case (let keys?, let list?): security = .curve(keys: try KeyPair(file: keys), allowList: try AllowListSource(file: list))
        default: throw ConfigurationError("\(Key.keyFile.rawValue) and \(Key.allowList.rawValue) belong together")
        }
        heartbeatInterval = .milliseconds(try settings.integer(.heartbeatMs, 10...600_000, default: 1_000))
    }

    /// Of the server, with the defaults for everything else.
    package var server: ServerConfiguration {
        var server = ServerConfiguration(endpoints: endpoints)
        server.security = security
        server.connection.heartbeatInterval = heartbeatInterval
        return server
    }
}
