internal import Locks
package import Store

/// Through which a job tells how it stands. Safe from any task.
package final class JobReport: Sendable {
    private let store: any Store
    private let number: JobNumber
    private let told: @Sendable (JobRecord) async -> Void
    private let message = Locked("")

    init(_ store: any Store, _ number: JobNumber, told: @escaping @Sendable (JobRecord) async -> Void) {
        self.store = store
        self.number = number
        self.told = told
    }

    /// The job has changed in the store.
    package func changed(_ job: JobRecord) async { await told(job) }

    /// Changes it there, and tells.
    package func update(_ change: JobChange) async throws(StoreError) { await told(try await store.update(number, change)) }

    /// Why it stands still, for people; empty when it goes on. Told also where the store cannot take it.
    package func note(_ text: String) async {
        let isNew = message.withLock { message in
            defer { message = text }
            return message != text
        }
        guard isNew else { return }
        do {
            try await update(JobChange(message: text))
        } catch {
            guard var job = try? await store.job(number), !job.phase.isFinished else { return }
            job.message = text
            await told(job)
        }
    }
}
