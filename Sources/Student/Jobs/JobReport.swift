internal import Locks
package import Store

/// Through which a job tells how it stands. Safe from any task.
package final class JobReport: Sendable {
    private let store: any Store
    private let number: JobNumber
    private let told: @Sendable (JobRecord) async -> Void
    private let notes = Locked(Notes())
    private let outcome = Locked("")

    init(_ store: any Store, _ number: JobNumber, told: @escaping @Sendable (JobRecord) async -> Void) {
        self.store = store
        self.number = number
        self.told = told
    }

    /// The job has changed in the store.
    package func changed(_ job: JobRecord) async { await told(job) }

    /// Changes it there, and tells.
    package func update(_ change: JobChange) async throws(StoreError) { await told(try await store.update(number, change)) }

    /// What the job has come to, for people: its message once it has succeeded. Notes are gone then.
    package func conclude(_ text: String) { outcome.withLock { $0 = text } }
    var conclusion: String { outcome.withLock { $0 } }

    /// Why a part of it stands still, for people; empty when that goes on. All parts' reasons are told together, also where the store cannot
    /// take them.
    /// - Parameter part: 0 is the job itself.
    package func note(_ text: String, of part: Int = 0) async {
        let begins = notes.withLock { notes in
            notes.texts[part] = text.isEmpty ? nil : text
            defer { notes.isTelling = true }
            return !notes.isTelling
        }
        // One at a time, or an older text might be the last that is stored.
        guard begins else { return }
        while let text = notes.withLock({ $0.next() }) { await tell(text) }
    }

    private struct Notes: Sendable {
        var texts: [Int: String] = [:]
        var told = ""
        var isTelling = false

        /// What is to be told now; nil when all is.
        mutating func next() -> String? {
            let text = texts.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ").asJobMessage
            guard text != told else {
                isTelling = false
                return nil
            }
            told = text
            return text
        }
    }

    private func tell(_ text: String) async {
        do {
            try await update(JobChange(message: text))
        } catch {
            guard var job = try? await store.job(number), !job.phase.isFinished else { return }
            job.message = text
            await told(job)
        }
    }
}
