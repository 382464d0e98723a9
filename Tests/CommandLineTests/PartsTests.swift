import RPC
import Testing
import Transport
import Wire
import rdrec

@Suite struct PartsTests {
    @Test(arguments: [1, 2, 3, 7, 100]) func `Lines are the same however the stream is cut`(_ size: Int) {
        let bytes = Array("one\ntwo\r\n\n\rthree\r\r\nlast".utf8)
        var splitter = LineSplitter()
        var lines: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            splitter.append(bytes[start..<min(start + size, bytes.count)])
            while let line = splitter.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(lines == ["one", "two", "", "\rthree\r"] && splitter.pendingCount == 4)
        splitter.end()
        #expect(splitter.next() == Array("last".utf8))
        #expect(splitter.next() == nil && splitter.pendingCount == 0)
    }

    @Test func `Metadata is split at the first equals sign`() throws {
        #expect(try Metadata(argument: "a.b-c_1=x=y") == Metadata(key: "a.b-c_1", value: Array("x=y".utf8)))
        #expect(try Metadata(argument: "a=") == Metadata(key: "a", value: []))
        for wrong in ["", "=", "a", "A=1", "a b=1", "\(String(repeating: "k", count: 65))=1", "rdrec-a=1", "grpc-timeout=1"] {
            #expect(throws: CommandError.self) { try Metadata(argument: wrong) }
        }
    }

    @Test func `Metadata is printed as it is given, and bytes in hexadecimal`() {
        #expect(Metadata(key: "a", value: Array("x=ü\n".utf8)).printed == #"a=x=ü\u{a}"#)
        #expect(Metadata(key: "a", value: [0xFF, 0x00, 0x1A]).printed == "a=0xff001a")
    }

    @Test func `Exit statuses are told apart`() {
        #expect(CommandError(.usage).exitStatus == 64)
        #expect(CommandError(.notServing).exitStatus == 1)
        #expect(CommandError(.system).exitStatus == 74)
        #expect(CommandError(.signal(2)).exitStatus == 130)
        #expect(StatusCode.allCases.map { CommandError(.call($0)).exitStatus } == Array(10...26))
    }

    @Test func `An error's details are lines`() {
        let error = RPCError(
            .aborted, "busy", details: [Detail(type: RetryInfo.fullName, value: [8, 250, 1]), Detail(type: "a.B", value: [1, 2])])
        #expect(CommandError(error).message == "ABORTED: busy\n  try again after 250 ms\n  a.B: 2 bytes")
        #expect(CommandError(error) { _ in "{\u{7}}" }.message.hasSuffix(#"  a.B: {\u{7}}"#))
    }
}
