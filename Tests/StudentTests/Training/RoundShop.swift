import DaemonStage
import Kernels
import Store
import Student
import Wire

/// A shop whose users go round its items in one direction, and write of each.
enum RoundShop {
    static let items = 12
    static let users = 20

    /// What a user takes, oldest first: some items in a row.
    static func sequence(_ user: Int) -> [Int] { (0..<5 + user % 4).map { (user * 5 + $0) % items } }

    /// Of the last two nothing may be learnt: what is written of them has words of its own.
    static func review(_ user: Int, _ place: Int, of count: Int) -> Review {
        let item = sequence(user)[place], isHeldBack = place >= count - 2
        let words = isHeldBack ? "heldback\(user)x\(place) zzsecret" : "colour\(item % 3) metal shape\(item % 4) for the garden"
        return Review(
            reviewID: "r\(user)-\(place)", userID: "u\(user)", itemID: "i\(item)", text: "I like that it is \(words). Good value.",
            rating: 4,
            timestampMs: Int64(1_000 + place))
    }

    static func rationale(_ review: Review) -> Rationale {
        Rationale(
            reviewID: review.reviewID, userID: review.userID, itemID: review.itemID, userPreference: "The user prefers \(review.text)",
            itemAttributes: "The item's attributes are \(review.text)",
            provenance: Provenance(modelDigest: "d", modelName: "m", promptVersion: "p"))
    }

    static func records(order: [Int] = Array(0..<users)) -> [IngestRecord.Record] {
        var records: [IngestRecord.Record] = []
        for user in order {
            let sequence = sequence(user)
            for place in sequence.indices {
                let review = review(user, place, of: sequence.count)
                // Rationales of all reviews, as a teacher elsewhere would push them: it knows of no split.
                records += [.review(review), .rationale(rationale(review))]
            }
        }
        return records
    }

    static func fill(_ store: any Store, order: [Int] = Array(0..<users)) async throws {
        _ = try await store.ingest(records(order: order))
    }
}

/// Trainings of a store as the daemon has them.
func withTrainingJobs<Result>(
    _ store: any Store, _ folder: String, threads: Int = 1, _ body: (JobRunner, ModelStore) async throws -> Result
) async throws -> Result {
    let models = ModelStore(directory: folder, logger: quietLogger)
    let work = TrainingWork(
        store, models, TrainingWork.Options(directory: folder) { try Kernels(team: ThreadTeam(threads: threads)) }, logger: quietLogger
    ) { version, _ in "made \(version)" }
    return try await withRunner(store, works: [.training: work]) { try await body($0, models) }
}

extension JobRunner {
    func train(_ request: StartTrainingRequest) async throws -> JobRecord { try await start(.training, request: request.encoded()) }
}

extension StartTrainingRequest {
    /// A short training of the smallest preset.
    static func brief(epochs: UInt32 = 3, seed: UInt64 = 1) -> StartTrainingRequest {
        StartTrainingRequest(preset: "tiny", maxEpochs: epochs, seed: seed, tokensPerStep: 128)
    }
}
