import RPC
import Student
import Testing
import Transport
import Wire

/// What a training may be asked for by whom.
struct TrainingRightsTests {
    private static let requests: [(StartTrainingRequest, Bool)] = [
        (TrainingStage.request(), true), (TrainingStage.request { $0.activation = .never }, true),
        (TrainingStage.request { $0.activation = .always }, false), (TrainingStage.request { $0.activation = .ifBetter }, false),
        (TrainingStage.request { $0.initialCheckpoint = "0001" }, true),
        (TrainingStage.request { $0.initialCheckpoint = "/etc" }, false), (TrainingStage.request { $0.initialCheckpoint = "../x" }, false),
    ]

    @Test("A client activates nothing and names no folders by way of a training; an admin does", arguments: requests.indices)
    func rights(_ index: Int) async throws {
        let (request, isForClients) = Self.requests[index]
        try await TrainingShop().inStage { stage in
            try await stage.running { runner in
                let jobs = JobsEndpoint(runner, stage.store, reports: ReportFolder(directory: stage.folder))
                func start(_ roles: Set<Role>) async throws -> Job {
                    let peer = PeerIdentity(name: "someone", roles: roles, publicKey: nil)
                    let call = ServerCall(method: JobsMethods.startTraining.info, metadata: [], deadline: nil, peer: peer, callID: 1)
                    return try await jobs.startTraining(request, call)
                }
                do {
                    let job = try await start([.client])
                    #expect(isForClients && job.kind == "training")
                } catch let error as RPCError {
                    #expect(!isForClients && error.code == .permissionDenied, "\(error)")
                }
                let job = try await start([.client, .admin])
                #expect(job.kind == "training")
            }
        }
    }
}
