import EchoProtos
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(2))) struct TrailerTests {
    private let call = ["call", "/rdrec.test.v1.Echo/Put", "--endpoint"]

    @Test func `Trailers go to standard error, when asked for`() async throws {
        try await withOwnServer(
            register: { router in
                router.unary(EchoMethods.put) { request, call in
                    call.addTrailer("served-by", "w-1")
                    return EchoResponse(text: request.text)
                }
            }, schema: EchoFileDescriptors.set
        ) { _, endpoint in
            let quiet = try await runCommand(call + [endpoint, "{}"])
            #expect(quiet == Finished(output: ["{}"], errors: [], status: 0))
            let asked = try await runCommand(call + [endpoint, "{}", "--trailers"])
            #expect(asked == Finished(output: ["{}"], errors: ["trailer served-by=w-1"], status: 0))
        }
    }

    @Test func `A failed call has trailers and details too`() async throws {
        try await withOwnServer(
            register: { router in
                router.unary(EchoMethods.put) { _, _ in
                    let known = Detail(type: EchoRequest.fullName, value: try EchoRequest(text: "why").encoded())
                    let unknown = Detail(type: "no.Type", value: [1, 2, 3])
                    throw RPCError(
                        .aborted, "busy", details: [known, unknown], metadata: [Metadata(key: "tried", value: Array("twice".utf8))])
                }
            }, schema: EchoFileDescriptors.set
        ) { _, endpoint in
            let finished = try await runCommand(call + [endpoint, "{}", "--trailers"])
            #expect(finished.status == 20 && finished.output.isEmpty)
            #expect(
                finished.errors == [
                    "trailer tried=twice", "error: ABORTED: busy", #"  rdrec.test.v1.EchoRequest: {"text":"why"}"#, "  no.Type: 3 bytes",
                ])
        }
    }

    @Test func `A schema that cannot be read is told`() async throws {
        try await withOwnServer(register: { _ in }, schema: [0xFF]) { _, endpoint in
            let finished = try await runCommand(["list", "--endpoint", endpoint])
            #expect(finished.status == 23 && finished.output.isEmpty)
            #expect(finished.errors.first?.hasPrefix("error: INTERNAL: the server's schema cannot be read: ") == true)
        }
    }
}
