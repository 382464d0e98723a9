internal import Locks
package import Logging
internal import ServiceLifecycle
package import Store
internal import Transport
internal import Wire

/// Keeps the shop's items and the fallbacks' tables as the store is, beside the calls, which use what is there.
///
/// Once a second it looks whether there is a new split, and makes the tables of what that lets training see. Before the first split, when there is
/// nothing to keep apart, they are made of all interactions, and anew where some have come: when five seconds have passed without more, and ten times
/// as long as it took, so that this hardly ever takes more than a tenth of a processor; a minute later at the latest.
package actor FallbackKeeper: Service {
    /// What has come since it was looked at last.
    private struct News: Sendable {
        var interactions = 0
        var items = 0
        var first: ContinuousClock.Instant?
        var last = ContinuousClock.now

        /// Whether to look at it now: not while an import is at work, whose reading and writing this would only slow down.
        func isDue(_ quiet: Duration) -> Bool {
            guard let first else { return false }
            return .now - last >= quiet || .now - first >= FallbackKeeper.mostRest
        }
    }

    private let store: any Store
    let table: ItemTable
    private let logger: Logger
    private let rest: Duration
    private nonisolated let current = Locked<FallbackTables>(
        FallbackTables(split: nil, [], itemCount: 0))
    private nonisolated let news = Locked(News())
    private var isBuilt = false
    /// Whether interactions have come that the tables do not have.
    private var hasNews = false
    /// No build of all interactions begins before.
    private var next = ContinuousClock.now
    private var hasComplained = false

    private static let pageCount = 1_024
    /// Looks without news after which an import counts as over.
    private static let quietRests = 5
    fileprivate static let mostRest = Duration.seconds(60)
    /// A user's latest.
    private static let mostHistory = 10_000

    /// - Parameter rest: between two looks.
    package init(_ store: any Store, rest: Duration = .seconds(1), logger: Logger) {
        self.store = store
        self.rest = rest
        self.logger = logger
        table = ItemTable(store)
    }

    /// As they are now. Empty until they have been made for the first time.
    package nonisolated var tables: FallbackTables { current.withLock { $0 } }

    /// To be told what has been taken in.
    package nonisolated func came(interactions: Int, items: Int) {
        news.withLock { news in
            guard interactions + items > 0 else { return }
            news.interactions += interactions
            news.items += items
            news.last = .now
            news.first = news.first ?? news.last
        }
    }

    /// Until the surrounding `ServiceGroup` shuts down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.look()
                try? await Task.sleep(for: self.rest)
            }
        }
    }

    private func look() async {
        do {
            let quiet = rest * Self.quietRests
            let new = news.withLock { news -> News in
                guard news.isDue(quiet) else { return News() }
                defer { news = News() }
                return news
            }
            hasNews = hasNews || new.interactions > 0
            if new.items > 0 || !isBuilt { try await table.refresh() }
            if let split = try await store.currentSplit() {
                if tables.split?.version != split.version { try await build(split) }
            } else if !isBuilt || (hasNews && ContinuousClock.now >= next) {
                try await build(nil)
            }
            hasComplained = false
        } catch {
            // At the end.
            if Task.isCancelled { return }
            if !hasComplained { logger.warning("the fallbacks' tables cannot be made", metadata: ["error": "\(error)"]) }
            hasComplained = true
        }
    }

    private func build(_ split: Split?) async throws {
        let begin = ContinuousClock.now
        hasNews = false
        let sequences: [[Int]]
        if let split { sequences = try await trainingSequences(split) } else { sequences = try await allSequences() }
        let count = table.count
        let made = try await onBlockingThread(named: "rdrec-fallback") { FallbackTables(split: split, sequences, itemCount: count) }
        current.withLock { $0 = made }
        isBuilt = true
        next = .now + min((.now - begin) * 10, Self.mostRest)
    }

    /// Items of each user that training may see, oldest first.
    private func trainingSequences(_ split: Split) async throws -> [[Int]] {
        let view = store.training(split)
        var sequences: [[Int]] = [], after = UserNumber.none
        while true {
            let page = try await view.sequences(after: after, limit: Self.pageCount)
            guard let last = page.last else { return sequences }
            after = last.user
            for sequence in page { sequences.append(try await table.places(sequence.steps.map(\.item)).compactMap { $0 }) }
        }
    }

    /// Items of each user, oldest first.
    private func allSequences() async throws -> [[Int]] {
        var sequences: [[Int]] = [], after = UserNumber.none
        while true {
            let page = try await store.users(after: after, limit: Self.pageCount)
            guard let last = page.last else { return sequences }
            after = last.number
            for user in page {
                let history = try await store.history(ofUser: user.id, latest: Self.mostHistory)
                sequences.append(try await table.places(history.map(\.itemID)).compactMap { $0 })
            }
        }
    }
}
