import RPC
import Testing

/// https://www.w3.org/TR/trace-context/#traceparent-header
@Suite(.timeLimit(.minutes(1))) struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    @Test(arguments: ["00", "01", "ff", "a5"]) func `A header is read and written as it came`(flags: String) throws {
        let text = "00-\(Self.trace)-\(Self.parent)-\(flags)"
        let read = try #require(TraceParent(text))
        #expect(read.traceID == Self.trace && read.parentID == Self.parent)
        #expect(read.flags == UInt8(flags, radix: 16))
        #expect(read.description == text)
    }

    @Test func `A later version may have more fields`() {
        #expect(TraceParent("cc-\(Self.trace)-\(Self.parent)-01-what-comes") != nil)
        #expect(TraceParent("cc-\(Self.trace)-\(Self.parent)-01") != nil)
    }

    @Test(
        "What the specification says to ignore is ignored",
        arguments: [
            "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-01-more", "ff-\(trace)-\(parent)-01",
            "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(trace)-\(String(repeating: "0", count: 16))-01",
            "00-\(trace.uppercased())-\(parent)-01", "00-\(trace.dropLast())-\(parent)-01", "00-\(trace)-\(parent)0-01",
            "00-\(trace)-\(parent)-1", "0-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-0g", " 00-\(trace)-\(parent)-01",
            "00--\(parent)-01",
        ])
    func ignored(text: String) { #expect(TraceParent(text) == nil) }

    @Test func `A new trace is sampled, and a step down keeps the trace and changes the parent`() throws {
        let root = TraceParent.root()
        #expect(root.flags == 1)
        #expect(TraceParent(root.description) == root)
        let child = root.child()
        #expect(child.traceID == root.traceID && child.flags == root.flags)
        #expect(child.parentID != root.parentID)
        #expect(TraceParent(child.description) == child)
        #expect(TraceParent.root().traceID != root.traceID)
    }
}
