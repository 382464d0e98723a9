import Foundation
import Testing
import Transport

@Suite struct RuntimeDirectoryTests {
    private func defaultPath(_ environment: [String: String], uid: UInt32 = 1000, runIsWritable: Bool = false) throws -> String {
        try RuntimeDirectory.defaultPath(in: .init(environment: environment, uid: uid, runIsWritable: runIsWritable))
    }

    @Test func `The first of the places that apply is the default`() throws {
        let both = ["RDREC_RUNTIME_DIR": "/srv/sockets", "XDG_RUNTIME_DIR": "/run/user/1000/"]
        #expect(try defaultPath(both) == "/srv/sockets")
        #expect(try defaultPath(both.filter { $0.key == "XDG_RUNTIME_DIR" }) == "/run/user/1000/rdrec")
        #expect(try defaultPath([:], uid: 0, runIsWritable: true) == "/run/rdrec")
        #expect(try defaultPath([:], uid: 0) == "/tmp/rdrec-0")
        #expect(try defaultPath([:], runIsWritable: true) == "/tmp/rdrec-1000")
    }

    @Test func `Empty variables count as unset and relative paths are not followed`() throws {
        #expect(try defaultPath(["RDREC_RUNTIME_DIR": "", "XDG_RUNTIME_DIR": ""]) == "/tmp/rdrec-1000")
        #expect(try defaultPath(["XDG_RUNTIME_DIR": "run"]) == "/tmp/rdrec-1000")
        let error = try #require(throws: EndpointError.self) { try defaultPath(["RDREC_RUNTIME_DIR": "sockets"]) }
        #expect(error.place == "RDREC_RUNTIME_DIR" && error.message.contains("not an absolute path"))
    }

    @Test func `A missing directory is created for its user alone, and found again`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("run")
        #expect(try RuntimeDirectory(creating: path + "//").path == path)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o700)
        #expect(try RuntimeDirectory(creating: path).endpoint(named: "a.sock") == Endpoint("ipc://\(path)/a.sock"))
    }

    @Test(arguments: [0o710, 0o701, 0o720, 0o777, 0o750] as [mode_t])
    func `A directory that others can enter is refused, and the message says how to close it`(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        try #require(chmod(folder.path, mode) == 0)
        let error = try #require(throws: EndpointError.self) { try RuntimeDirectory(creating: folder.path) }
        #expect(error.code == .directory && error.place == folder.path)
        #expect(error.message.contains("mode \(String(mode, radix: 8))") && error.message.contains("chmod 700 \(folder.path)"))
        try #require(chmod(folder.path, 0o700) == 0)
        #expect(try RuntimeDirectory(creating: folder.path).path == folder.path)
    }

    @Test(arguments: ["", "/"])
    func `A symbolic link is refused, also to a private directory`(end: String) throws {
        let folder = try TemporaryFolder()
        try #require(mkdir(folder.path("real"), 0o700) == 0)
        try #require(symlink(folder.path("real"), folder.path("link")) == 0)
        let error = try #require(throws: EndpointError.self) { try RuntimeDirectory(creating: folder.path("link") + end) }
        #expect(error.message.contains("symbolic link"))
    }

    @Test func `A directory of another user is refused`() throws {
        let folder = try TemporaryFolder()
        // Only root can give a directory away; others have one of root's at hand.
        let path = geteuid() == 0 ? folder.path : "/"
        if geteuid() == 0 { try #require(chown(path, 65534, 65534) == 0) }
        let error = try #require(throws: EndpointError.self) { try RuntimeDirectory(existing: path) }
        #expect(error.message.contains("belongs to user"))
    }

    @Test func `A file, a missing directory and a missing parent are refused`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("file", "")
        for path in [file, folder.path("missing")] {
            let error = try #require(throws: EndpointError.self) { try RuntimeDirectory(existing: path) }
            #expect(error.code == .directory && error.message.contains("cannot be used"))
        }
        let error = try #require(throws: EndpointError.self) { try RuntimeDirectory(creating: folder.path("missing/run")) }
        #expect(error.message.contains("No such file") && error.message.contains("RDREC_RUNTIME_DIR"))
    }
}
