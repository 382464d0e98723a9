import Testing
import Transport

@Suite struct EndpointTests {
    @Test(
        "What is written is understood, and is written again in one form",
        arguments: [
            ("ipc:///run/rdrec/teacherd.sock", "ipc:///run/rdrec/teacherd.sock"),
            ("ipc://relative/a.sock", "ipc://relative/a.sock"),
            ("ipc://a", "ipc://a"),
            ("ipc:///tmp/mit Leerzeichen/ü.sock", "ipc:///tmp/mit Leerzeichen/ü.sock"),
            ("tcp://127.0.0.1:5700", "tcp://127.0.0.1:5700"),
            ("tcp://*:5700", "tcp://*:5700"),
            ("tcp://*:*", "tcp://*:*"),
            ("tcp://0.0.0.0:0", "tcp://0.0.0.0:*"),
            ("tcp://[::1]:65535", "tcp://[::1]:65535"),
            ("tcp://[2001:DB8:0:0::0001]:1", "tcp://[2001:db8::1]:1"),
            ("tcp://[::ffff:127.0.0.1]:1", "tcp://127.0.0.1:1"),
            ("tcp://[::FFFF:0a00:1]:1", "tcp://10.0.0.1:1"),
            ("tcp://Teacher.Example.ORG:5700", "tcp://teacher.example.org:5700"),
            ("tcp://my_service-1:5700", "tcp://my_service-1:5700"),
            ("inproc://echo/1", "inproc://echo/1"),
        ])
    func reads(text: String, canonical: String) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.description == canonical)
        #expect(try Endpoint(canonical) == endpoint)
    }

    @Test(
        "What is no endpoint is refused with the reason",
        arguments: [
            ("", "starts with ipc:// or tcp://"),
            ("/run/a.sock", "starts with ipc:// or tcp://"),
            ("http://localhost:80", "starts with ipc:// or tcp://"),
            ("TCP://localhost:80", "starts with ipc:// or tcp://"),
            ("ipc://", "path is missing"),
            ("ipc://*", "not start with *"),
            ("ipc://@abstract", "not start with * or @"),
            ("ipc:///run/rdrec/", "names a directory"),
            ("ipc:///a\u{0}b", "contains a NUL"),
            ("tcp://", "port is missing"),
            ("tcp://localhost", "port is missing"),
            ("tcp://[::1]", "port is missing"),
            ("tcp://:5700", "host is missing"),
            ("tcp://localhost:", "port \"\""),
            ("tcp://localhost:65536", "port \"65536\""),
            ("tcp://localhost:+80", "port \"+80\""),
            ("tcp://localhost:-1", "port \"-1\""),
            ("tcp://localhost:80/", "port \"80/\""),
            ("tcp://localhost:٣", "port \"٣\""),
            ("tcp://127.0.0.256:80", "not an IPv4 address"),
            ("tcp://127.1:80", "not an IPv4 address"),
            ("tcp://::1:80", "stands in brackets"),
            ("tcp://[::1:80", "not an IPv6 address"),
            ("tcp://[]:80", "not an IPv6 address"),
            ("tcp://[fe80::1%lo]:80", "not an IPv6 address"),
            ("tcp://[::1\u{0}x]:80", "not an IPv6 address"),
            ("tcp://[127.0.0.1]:80", "not an IPv6 address"),
            ("tcp://a..b:80", "is no host"),
            ("tcp://-a:80", "is no host"),
            ("tcp://a b:80", "is no host"),
            ("tcp://a;tcp://b:80", "stands in brackets"),
            ("tcp://ümlaut:80", "is no host"),
            ("inproc://", "in-process name"),
            ("inproc://a b", "in-process name"),
        ])
    func refuses(text: String, reason: String) throws {
        let error = try #require(throws: EndpointError.self) { try Endpoint(text) }
        #expect(error.code == .malformed)
        #expect(error.message.contains(reason), "\(error)")
        #expect(error.message.contains("://"), "no example: \(error)")
    }

    @Test func `A path may have as many bytes as a Unix socket takes and no more`() throws {
        let longest = "/" + String(repeating: "a", count: 106)
        #expect(try Endpoint("ipc://" + longest).description == "ipc://" + longest)
        let error = try #require(throws: EndpointError.self) { try Endpoint("ipc://" + longest + "a") }
        #expect(error.message.contains("108 bytes") && error.message.contains("at most 107"))
        #expect(throws: EndpointError.self) { try Endpoint("ipc:///" + String(repeating: "é", count: 54)) }
    }

    @Test func `A name is no longer than the name system allows`() throws {
        let label = String(repeating: "a", count: 63)
        #expect(try Endpoint("tcp://\(label).b:1").isLoopback == false)
        #expect(throws: EndpointError.self) { try Endpoint("tcp://\(label)a.b:1") }
        #expect(throws: EndpointError.self) { try Endpoint("tcp://\(label).\(label).\(label).\(label):1") }
    }

    @Test(
        "Loopback is 127.0.0.0/8, ::1 and localhost, and nothing else",
        arguments: [
            ("tcp://127.0.0.1:1", true), ("tcp://127.255.0.9:1", true), ("tcp://[::1]:1", true), ("tcp://[0:0::0:1]:1", true),
            ("tcp://localhost:1", true), ("tcp://LocalHost:1", true), ("tcp://*:1", false), ("tcp://0.0.0.0:1", false),
            ("tcp://[::]:1", false), ("tcp://128.0.0.1:1", false), ("tcp://10.127.0.1:1", false), ("tcp://[::ffff:127.0.0.1]:1", true),
            ("tcp://[::127.0.0.1]:1", false), ("tcp://[::fffe:127.0.0.1]:1", false), ("tcp://[::ffff:0.0.0.0]:1", false),
            ("tcp://localhost.example.org:1", false), ("tcp://127.example.org:1", false), ("ipc://localhost", false),
            ("inproc://localhost", false),
        ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try Endpoint(text).isLoopback == expected)
    }

    @Test(
        "The texts for libzmq's bind and connect",
        arguments: [
            ("ipc:///run/a.sock", "ipc:///run/a.sock", "ipc:///run/a.sock"),
            ("tcp://127.0.0.1:1", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1"),
            ("tcp://[::1]:1", "tcp://[::1]:1", "tcp://[::1]:1"),
            ("tcp://localhost:1", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1"),
            ("tcp://localhost:0", "tcp://127.0.0.1:*", nil),
            ("tcp://*:1", "tcp://*:1", nil),
            ("tcp://0.0.0.0:1", "tcp://0.0.0.0:1", nil),
            ("tcp://[::]:1", "tcp://[::]:1", nil),
            ("tcp://10.0.0.1:0", "tcp://10.0.0.1:*", nil),
            ("tcp://example.org:1", nil, "tcp://example.org:1"),
            ("inproc://a", nil, nil),
        ] as [(String, String?, String?)])
    func texts(text: String, bind: String?, connect: String?) throws {
        let endpoint = try Endpoint(text)
        expect({ () throws(EndpointError) in try endpoint.bindText() }, gives: bind)
        expect({ () throws(EndpointError) in try endpoint.connectText() }, gives: connect)
    }

    private func expect(_ body: () throws(EndpointError) -> String, gives expected: String?) {
        do {
            #expect(try body() == expected)
        } catch {
            #expect(expected == nil && error.code == .unusable, "\(error)")
        }
    }

    @Test func `From this machine all addresses are the loopback one`() throws {
        #expect(try Endpoint("tcp://*:7").fromThisMachine == Endpoint("tcp://127.0.0.1:7"))
        #expect(try Endpoint("tcp://0.0.0.0:7").fromThisMachine == Endpoint("tcp://127.0.0.1:7"))
        #expect(try Endpoint("tcp://[::]:7").fromThisMachine == Endpoint("tcp://127.0.0.1:7"))
        for text in ["tcp://10.0.0.1:7", "ipc:///a", "inproc://a", "tcp://example.org:7"] {
            #expect(try Endpoint(text).fromThisMachine == Endpoint(text))
        }
    }

    @Test func `The kinds are told apart`() throws {
        #expect(try Endpoint("ipc://a").isIPC && !Endpoint("tcp://a:1").isIPC)
        #expect(try Endpoint("inproc://a").isInProcess && !Endpoint("ipc://a").isInProcess)
        #expect(try Endpoint("tcp://[::1]:1").isIPv6 && !Endpoint("tcp://*:1").isIPv6)
    }
}
