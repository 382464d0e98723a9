/// The lines of a text file of keys, with numbers from 1, ended by LF or CR LF. Works on bytes, so that no content is lost or joined.
struct TextLines: Sequence {
    struct Line {
        let number: Int
        let bytes: ArraySlice<UInt8>

        /// What stands between spaces and tabs.
        var words: [Word] {
            bytes.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }.map(Word.init)
        }
    }

    struct Word {
        let bytes: ArraySlice<UInt8>

        /// Its text, with what is no UTF-8 replaced.
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let content: [UInt8]

    init(_ content: [UInt8]) {
        self.content = content
    }

    func makeIterator() -> some IteratorProtocol<Line> {
        content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().lazy
            .map { Line(number: $0.offset + 1, bytes: $0.element) }.makeIterator()
    }
}
