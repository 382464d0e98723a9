import EchoProtos
import RPC
import Testing
import Transport
import Wire

@Suite(.timeLimit(.minutes(1))) struct HealthTests {
    private typealias Status = HealthCheckResponse.ServingStatus

    @Test func `A server that has started serves, as a whole and each service of it`() async throws {
        try await EchoFixture.with { fixture async throws in
            let health = HealthClient(fixture.client)
            for service in ["", EchoMethods.get.info.service] {
                #expect(try await health.check(HealthCheckRequest(service: service)).status == .serving)
            }
            let error = try await failure { _ = try await health.check(HealthCheckRequest(service: "no.Such")) }
            #expect(error.code == .notFound && error.message.contains("no.Such"))
        }
    }

    @Test func `One service can be taken out without the others`() async throws {
        try await EchoFixture.with { fixture async throws in
            let health = HealthClient(fixture.client)
            let service = EchoMethods.get.info.service
            fixture.server.health.setServing(false, service: service)
            #expect(try await health.check(HealthCheckRequest(service: service)).status == .notServing)
            #expect(try await health.check(HealthCheckRequest()).status == .serving)
            fixture.server.health.setServing(false)
            #expect(try await health.check(HealthCheckRequest()).status == .notServing)
        }
    }

    @Test func `A watcher hears the status and each change of it`() async throws {
        try await EchoFixture.with { fixture async throws in
            let service = EchoMethods.get.info.service
            try await HealthClient(fixture.client).watch(HealthCheckRequest(service: service)) { statuses async throws in
                var iterator = statuses.makeAsyncIterator()
                #expect(try await iterator.next()?.status == .serving)
                fixture.server.health.setServing(false, service: service)
                #expect(try await iterator.next()?.status == .notServing)
                fixture.server.health.setServing(false, service: service)
                fixture.server.health.setServing(true, service: service)
                #expect(try await iterator.next()?.status == .serving, "no change is not told")
            }
            try await fixture.expectIdle()
        }
    }

    @Test func `A watcher of an unknown service hears so, and of it when it comes`() async throws {
        try await EchoFixture.with { fixture async throws in
            try await HealthClient(fixture.client).watch(HealthCheckRequest(service: "later.Service")) { statuses async throws in
                var iterator = statuses.makeAsyncIterator()
                #expect(try await iterator.next()?.status == .serviceUnknown)
                fixture.server.health.setServing(true, service: "later.Service")
                #expect(try await iterator.next()?.status == .serving)
            }
        }
    }

    @Test func `A shutdown is told to watchers and does not wait for them`() async throws {
        try await EchoFixture.with(server: { $0.drainBudget = .seconds(3_600) }) { fixture async throws in
            let heard = Journal<Status>()
            let watching = Task {
                try await HealthClient(fixture.client).watch(HealthCheckRequest()) { statuses async throws in
                    for try await status in statuses { heard.note(status.status) }
                }
            }
            try await eventually("it watches") { heard.entries == [.serving] }
            await fixture.server.shutdown()
            #expect(await code { try await watching.value } == .unavailable)
            #expect(heard.entries == [.serving, .notServing])
        }
    }

    @Test func `The schema of what is served can be asked for`() async throws {
        try await EchoFixture.with { fixture async throws in
            let answer = try await DescriptorsClient(fixture.client).getFileDescriptorSet(GetFileDescriptorSetRequest())
            #expect(answer.fileDescriptorSet == FileDescriptors.set)
            let expected = EchoMethods.all.map(\.path) + HealthMethods.all.map(\.path) + DescriptorsMethods.all.map(\.path)
            #expect(answer.servedMethods == expected.sorted())
        }
    }
}
