extension UnsafeRawBufferPointer {
    /// The index of the first byte that is not UTF-8 (as RFC 3629 has it: no surrogates, nothing over U+10FFFF, the shortest form).
    var firstInvalidUTF8: Int? {
        var index = 0
        while true {
            index = skipASCII(from: index)
            guard index < count else { return nil }
            let length = scalarLength(at: index)
            guard length > 0 else { return index }
            index += length
        }
    }

    /// The index of the first byte at or behind `start` that is not ASCII.
    private func skipASCII(from start: Int) -> Int {
        var index = start
        while index + 8 <= count, loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 { index += 8 }
        while index < count, self[index] < 0x80 { index += 1 }
        return index
    }

    /// Bytes of the scalar that begins here with a byte of 0x80 or more; 0 where none does.
    private func scalarLength(at index: Int) -> Int {
        func continues(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            index + offset < count && range.contains(self[index + offset])
        }
        switch self[index] {
        case 0xC2...0xDF: return continues(1) ? 2 : 0
        case 0xE0: return continues(1, 0xA0...0xBF) && continues(2) ? 3 : 0
        case 0xED: return continues(1, 0x80...0x9F) && continues(2) ? 3 : 0
        case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : 0
        case 0xF0: return continues(1, 0x90...0xBF) && continues(2) && continues(3) ? 4 : 0
        case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : 0
        case 0xF4: return continues(1, 0x80...0x8F) && continues(2) && continues(3) ? 4 : 0
        default: return 0
        }
    }

    /// - Throws: `LineFault` that names the byte, from 1.
    func requireUTF8() throws(LineFault) {
        guard let index = firstInvalidUTF8 else { return }
        throw LineFault("byte \(index + 1) is not UTF-8 (0x\(String(self[index], radix: 16)))")
    }
}
