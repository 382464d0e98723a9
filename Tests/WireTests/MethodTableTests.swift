import EchoProtos
import Testing
import Wire

/// The generated tables say what the embedded FileDescriptorSets say.
@Suite struct MethodTableTests {
    @Test(arguments: [(MethodTable.all, FileDescriptors.set), (EchoMethodTable.all, EchoFileDescriptors.set)])
    func `the table agrees with the descriptors, method by method`(_ table: [MethodInfo], _ set: [UInt8]) {
        let methods = DescriptorReader(set).methods
        #expect(methods.count == table.count)
        let byPath = Dictionary(uniqueKeysWithValues: table.map { ($0.path, $0) })
        for method in methods {
            let info = byPath[method.path]
            #expect(info?.requestType == method.input)
            #expect(info?.responseType == method.output)
            #expect(info?.kind.requestsStream == method.clientStreams)
            #expect(info?.kind.responsesStream == method.serverStreams)
            #expect(info?.idempotency == [.unknown, .noSideEffects, .idempotent][Int(method.idempotency)], "\(method.path)")
        }
    }

    @Test func `the tables have methods of all four kinds`() {
        #expect(Set(EchoMethodTable.all.map(\.kind)) == Set(CallKind.allCases))
        #expect(TeacherMethods.streamRationales.kind == .bidirectional)
        #expect(CatalogMethods.ingest.kind == .clientStream)
        #expect(JobsMethods.watchJob.kind == .serverStream)
    }

    @Test func `a method may be repeated unless the schema says nothing`() {
        #expect(!JobsMethods.startTraining.idempotency.isRetryable)
        #expect(JobsMethods.cancelJob.idempotency.isRetryable && JobsMethods.getJob.idempotency.isRetryable)
    }

    @Test func `every message of the descriptors has its Swift type`() {
        let swift = Set((MessageTypes.all + EchoMessageTypes.all).map { $0.fullName })
        #expect(swift == DescriptorReader(FileDescriptors.set).messages.union(DescriptorReader(EchoFileDescriptors.set).messages))
    }
}
