/// Which tokens of a prompt belong to which identifier: those of the first one have 1, of the next one 2, ..; words have 0 (POD, Li et al.,
/// CIKM 2023; RDRec). The numbers are rows of the whole-word embedding.
package enum WholeWords {
    /// The numbers of a text's pieces. An identifier is a piece, an underscore and digits, such as `▁item`, `_`, `12`, `3`.
    ///
    /// - Parameter first: The number of the first identifier.
    package static func numbers(_ pieces: [String], first: Int32 = 1) -> [Int32] {
        var numbers = [Int32](repeating: 0, count: pieces.count), next = first
        for (place, piece) in pieces.enumerated() where piece == "_" && place > 0 {
            var end = place + 1
            while end < pieces.count, !pieces[end].isEmpty, pieces[end].utf8.allSatisfy({ (0x30...0x39).contains($0) }) { end += 1 }
            guard end > place + 1 else { continue }
            for index in place - 1..<end { numbers[index] = next }
            next += 1
        }
        return numbers
    }
}
