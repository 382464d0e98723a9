internal import Locks

/// Which of the shop's items are which of a version's: an `ItemTable`'s places and the model's. Safe from any task.
final class PlacedCatalogue: Sendable {
    private struct State {
        /// By the table's place; nil for what the model does not know. As long as the table was when it was looked at last.
        var models: [Int?] = []
        /// By the model's place; nil for what the shop does not know.
        var tables: [Int?]
        /// Of the table's, those that the model does not know.
        var newer: [Int] = []
    }

    private let catalogue: ModelCatalogue
    private let table: ItemTable
    private let state: Locked<State>

    init(_ catalogue: ModelCatalogue, _ table: ItemTable) {
        self.catalogue = catalogue
        self.table = table
        state = Locked(State(tables: Array(repeating: nil, count: catalogue.count)))
    }

    /// The model's places of the table's; nil for what came after the training.
    func models(_ places: [Int]) -> [Int?] { grown { state in places.map { state.models[$0] } } }

    /// The table's place of a model's; nil for what the shop does not know.
    func table(_ place: Int) -> Int? { grown { $0.tables[place] } }

    /// All of the shop's items that came after the training.
    func newer() -> [Int] { grown { $0.newer } }

    private func grown<Value>(_ body: (State) -> Value) -> Value {
        state.withLock { state in
            let begin = state.models.count, end = table.count
            if begin < end {
                for (place, id) in zip(begin..<end, table.ids(begin..<end)) {
                    let model = catalogue.place(id)
                    state.models.append(model)
                    if let model { state.tables[model] = place } else { state.newer.append(place) }
                }
            }
            return body(state)
        }
    }
}
