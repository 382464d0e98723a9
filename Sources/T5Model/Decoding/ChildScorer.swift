internal import Kernels

/// The log-probabilities of what hypotheses may say next, the nodes below theirs that their views allow.
final class ChildScorer {
    private let model: T5Model
    private let trie: CatalogueTrie
    /// The output weights of the tokens below the root, packed for products, where these are many: all requests begin there.
    private let root: PackedWeights?
    private static let fewestForProduct = 64

    private var states: [Int32] = []
    private var nodes: [Int32] = []
    private var ends: [Int32] = []
    /// Nodes, those of a hypothesis next to each other.
    private(set) var children: [Int32] = []
    /// Of each child.
    private(set) var logProbabilities: [Float] = []
    // For the products; kept for their memory.
    private var ids: [Int32] = []
    private var idEnds: [Int32] = []

    init(_ model: T5Model, _ trie: CatalogueTrie) {
        self.model = model
        self.trie = trie
        guard trie.children(0).count >= Self.fewestForProduct else {
            root = nil
            return
        }
        let workspace = Workspace()
        root = workspace.scope {
            PackedWeights(Self.rootWeights(model, trie, workspace), precision: model.weights.precision, kernels: model.kernels)
        }
    }

    func parametersChanged() {
        let workspace = Workspace()
        workspace.scope { root?.pack(Self.rootWeights(model, trie, workspace), kernels: model.kernels) }
    }

    private static func rootWeights(_ model: T5Model, _ trie: CatalogueTrie, _ workspace: Workspace) -> Rows {
        let tokens = trie.children(0).map { trie.tokens[$0] }, rows = workspace.rows(tokens.count, model.configuration.width)
        tokens.withUnsafeBufferPointer { model.kernels.gather(model.weights.head(model.parameters), $0, into: rows) }
        return Rows(rows)
    }

    func removeAll() {
        states.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        children.removeAll(keepingCapacity: true)
    }

    /// Adds a hypothesis, in the order of states.
    func add(_ hypothesis: ItemHypothesis, _ view: CatalogueView) {
        view.appendAllowedChildren(Int(hypothesis.node), to: &children)
        states.append(hypothesis.state)
        nodes.append(hypothesis.node)
        ends.append(Int32(children.count))
    }

    /// The children of a hypothesis, by its place.
    func range(_ place: Int) -> Range<Int> { (place == 0 ? 0 : Int(ends[place - 1]))..<Int(ends[place]) }

    /// Fills ``logProbabilities``.
    ///
    /// - Parameter x: [n, D], the states that hypotheses name.
    func score(_ x: Rows, _ basis: ScoreBasis, _ workspace: Workspace) {
        if logProbabilities.count < children.count {
            logProbabilities += repeatElement(0, count: children.count - logProbabilities.count)
        }
        workspace.scope {
            switch basis {
            case .vocabulary:
                // A hypothesis has as many logits as there are tokens: some at a time.
                let most = CrossEntropyChunk.rows(classes: model.configuration.vocabularyCount)
                for from in stride(from: 0, to: states.count, by: most) {
                    let part = from..<min(from + most, states.count)
                    workspace.scope {
                        let logits = product(x, part, model.weights.head, workspace)
                        model.kernels.logSoftmax(Rows(logits), into: logits)
                        for place in part {
                            for entry in range(place) {
                                logProbabilities[entry] = logits[place - from][Int(trie.tokens[Int(children[entry])])]
                            }
                        }
                    }
                }
            case .allowed:
                if let root, nodes.first == 0 {
                    let most = CrossEntropyChunk.rows(classes: root.rows), first = trie.children(0).lowerBound
                    for from in stride(from: 0, to: states.count, by: most) {
                        let part = from..<min(from + most, states.count)
                        workspace.scope {
                            let logits = product(x, part, root, workspace)
                            for place in part {
                                for entry in range(place) { logProbabilities[entry] = logits[place - from][Int(children[entry]) - first] }
                            }
                        }
                    }
                } else {
                    dots(x)
                }
                normalize()
            }
        }
    }

    /// The logits of some hypotheses, [part, weights].
    private func product(_ x: Rows, _ part: Range<Int>, _ weights: PackedWeights, _ workspace: Workspace) -> MutableRows {
        let rows = workspace.rows(part.count, x.columns), logits = workspace.rows(part.count, weights.rows)
        states.withUnsafeBufferPointer { model.kernels.gather(x, UnsafeBufferPointer(rebasing: $0[part]), into: rows) }
        model.kernels.multiply(Rows(rows), weights, into: logits, workspace: workspace)
        if model.configuration.logitScale != 1 { model.kernels.scale(logits, by: model.configuration.logitScale) }
        return logits
    }

    /// The logits of the children alone.
    private func dots(_ x: Rows) {
        ids.removeAll(keepingCapacity: true)
        idEnds.removeAll(keepingCapacity: true)
        for child in children { ids.append(trie.tokens[Int(child)]) }
        var place = 0
        for row in 0..<x.count {
            if place < states.count, Int(states[place]) == row { place += 1 }
            idEnds.append(place == 0 ? 0 : ends[place - 1])
        }
        let scale = model.configuration.logitScale
        logProbabilities.withUnsafeMutableBufferPointer { logits in
            guard let base = logits.baseAddress else { return }
            ids.withUnsafeBufferPointer { ids in
                idEnds.withUnsafeBufferPointer {
                    model.kernels.dots(x, model.weights.head(model.parameters), ids: ids, ends: $0, into: base)
                }
            }
            if scale != 1 { for index in ids.indices { base[index] *= scale } }
        }
    }

    /// Logits to logarithms of shares, each hypothesis by itself.
    private func normalize() {
        logProbabilities.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for place in states.indices {
                let range = range(place), row = MutableRows(base + range.lowerBound, count: 1, columns: range.count)
                model.kernels.logSoftmax(Rows(row), into: row)
            }
        }
    }
}
