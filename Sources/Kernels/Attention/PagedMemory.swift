internal import CKernels

/// Keys and values of one layer in pages of 32 positions, which sequences hold by number (Kwon et al., SOSP 2023). The memory is
/// somebody else's.
///
/// A page has, for each head of keys and values, the keys as [width][32] and then the values as [32][width].
package struct PagedMemory {
    /// Positions in a page.
    package static let positionsPerPage = CK_PAGE

    package let base: UnsafeMutableRawPointer
    /// Bytes from one page to the next, a multiple of 4; at least ``bytesPerPage(heads:width:half:)``, more where pages of several layers
    /// alternate.
    package let pageStride: Int
    /// Pages there are.
    package let pages: Int
    /// Heads of keys and values.
    package let heads: Int
    /// Numbers in a head, a multiple of 16.
    package let width: Int
    /// Whether numbers are stored in half precision.
    package let half: Bool

    package init(_ base: UnsafeMutableRawPointer, pageStride: Int? = nil, pages: Int, heads: Int, width: Int, half: Bool) {
        let bytes = Self.bytesPerPage(heads: heads, width: width, half: half)
        self.base = base
        self.pageStride = pageStride ?? bytes
        self.pages = pages
        self.heads = heads
        self.width = width
        self.half = half
        Shapes.require(
            heads > 0 && width > 0 && width % 16 == 0 && pages >= 0 && self.pageStride >= bytes && self.pageStride % 4 == 0,
            "PagedMemory",
            "\(pages) pages, \(self.pageStride) bytes apart, of \(heads) heads of \(width); the width has to be a multiple of 16, the "
                + "distance of 4")
    }

    /// Bytes of one layer's page, a multiple of 64.
    package static func bytesPerPage(heads: Int, width: Int, half: Bool) -> Int { 2 * heads * headBytes(width, half) }

    private static func headBytes(_ width: Int, _ half: Bool) -> Int { positionsPerPage * width * (half ? 2 : 4) }

    func keys(_ head: Int) -> UnsafeMutablePointer<UInt8> {
        (base + 2 * head * Self.headBytes(width, half)).assumingMemoryBound(to: UInt8.self)
    }
    func values(_ head: Int) -> UnsafeMutablePointer<UInt8> { keys(head) + Self.headBytes(width, half) }
}

/// A sequence's part in a ragged batch: its new tokens are rows ``rows`` of the batch and positions first ..< first + rows.count of
/// its pages.
package struct PagedSequence: BitwiseCopyable {
    package var rows: Range<Int> { firstRow..<firstRow + rowCount }
    package let first: Int
    /// Page numbers, in the order of positions; enough for first + rows.count of these.
    package let pages: UnsafeBufferPointer<Int32>
    // Not as a range: that is no type of plain bits, and sequences stand in workspaces.
    private let firstRow: Int
    private let rowCount: Int

    package init(rows: Range<Int>, first: Int, pages: UnsafeBufferPointer<Int32>) {
        firstRow = rows.lowerBound
        rowCount = rows.count
        self.first = first
        self.pages = pages
    }

    /// Positions after this batch.
    var positions: Int { first + rows.count }

    func require(in memory: PagedMemory, rows count: Int, _ operation: StaticString) {
        let needed = (positions + PagedMemory.positionsPerPage - 1) / PagedMemory.positionsPerPage
        Shapes.require(
            rows.lowerBound >= 0 && rows.upperBound <= count && first >= 0 && pages.count >= needed, operation,
            "a sequence of rows \(rows) of \(count), from position \(first) on, with \(pages.count) pages")
        for index in 0..<needed {
            Shapes.require(pages[index] >= 0 && Int(pages[index]) < memory.pages, operation, "page \(pages[index]) of \(memory.pages)")
        }
    }
}
