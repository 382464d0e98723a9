/// The normalisation table of a SentencePiece model: the bytes of a double-array trie (Darts-clone) and the texts that its leaves point to.
///
/// The library walks the trie without a bound. Here every step that any text could make is looked at once.
enum NormalizationTable {
    /// Leaves on one path: the library has room for so many.
    private static let mostLeaves = 32

    /// - Parameter name: Of the message that has the table, for errors.
    static func check(_ table: [UInt8], _ name: String) throws(TokenizerError) {
        func fault(_ message: String) -> TokenizerError { TokenizerError("spiece.model: \(name): the normalisation table: \(message)") }
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(table[at + $1]) << UInt32(8 * $1) } }
        guard table.count > 4 else { throw fault("\(table.count) bytes") }
        let trieBytes = Int(word(0)), textBegin = 4 + trieBytes
        guard trieBytes >= 1024, trieBytes % 1024 == 0, textBegin < table.count else {
            throw fault(
                "a trie of \(trieBytes) bytes, which has to be a multiple of 1,024 and smaller than the \(table.count) of the table")
        }
        guard table[table.count - 1] == 0 else { throw fault("its last text has no end") }
        let units = (0..<trieBytes / 4).map { word(4 + 4 * $0) }

        // A node's children and its leaf lie at its base, xor their label: within one block of 256, which is whole in a whole number of them.
        // Units of values have the highest bit, which no label has: a text never leads to them but as the leaf of their node.
        func base(_ unit: Int) -> Int { unit ^ Int((units[unit] >> 10) << ((units[unit] >> 6) & 8)) }
        var children: [Int32] = Array(repeating: 0, count: units.count + 1)
        for (index, unit) in units.enumerated() where unit >> 31 == 0 {
            let node = base(index)
            guard node < units.count else { throw fault("unit \(index) points to \(node), behind the \(units.count) units") }
            if unit >> 8 & 1 != 0 {
                let text = Int(units[node] & 0x7FFF_FFFF)
                guard text < table.count - textBegin else {
                    throw fault("the leaf of unit \(index) points to text \(text), behind the end")
                }
            }
            children[(index ^ Int(unit & 0xFF)) + 1] += 1
        }
        // Units by the base that they are a child of.
        for index in 1..<children.count { children[index] += children[index - 1] }
        var places = children, ordered = [Int32](repeating: 0, count: Int(children[units.count]))
        for (index, unit) in units.enumerated() where unit >> 31 == 0 {
            let parent = index ^ Int(unit & 0xFF)
            ordered[Int(places[parent])] = Int32(index)
            places[parent] += 1
        }

        // The most leaves below each node, by depth first: nodes may be shared, and must not come back to themselves.
        enum Mark { static let open: Int8 = -2, unseen: Int8 = -1 }
        var most = [Int8](repeating: Mark.unseen, count: units.count), stack: [(unit: Int, child: Int32)] = [(0, -1)]
        while let (unit, child) = stack.last {
            let node = base(unit)
            if child < 0 {
                most[unit] = Mark.open
                stack[stack.count - 1].child = children[node]
            } else if child < children[node + 1] {
                stack[stack.count - 1].child += 1
                let next = Int(ordered[Int(child)])
                // Label 0 is where a leaf lies, and ends no step; the root is nobody's child.
                guard next != 0, units[next] & 0xFF != 0 else { continue }
                guard most[next] != Mark.open else { throw fault("unit \(next) leads back to itself") }
                if most[next] == Mark.unseen { stack.append((next, -1)) }
            } else {
                var leaves: Int8 = 0
                for place in children[node]..<children[node + 1] {
                    let next = Int(ordered[Int(place)])
                    if next != 0, units[next] & 0xFF != 0 { leaves = max(leaves, most[next]) }
                }
                if unit != 0, units[unit] >> 8 & 1 != 0 { leaves += 1 }
                guard leaves <= mostLeaves else { throw fault("more than \(mostLeaves) entries that begin alike") }
                most[unit] = leaves
                stack.removeLast()
            }
        }
    }
}
