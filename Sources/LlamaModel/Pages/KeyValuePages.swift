internal import Kernels

/// The keys and values of all layers, in a fixed number of pages of 32 positions. Who holds which page is the engine's affair.
package final class KeyValuePages: @unchecked Sendable {
    // Written by the one engine that owns it.
    private let buffer: AlignedBuffer
    private let configuration: LlamaConfiguration
    package let pages: Int
    /// Positions in a page.
    package static let positionsPerPage = PagedMemory.positionsPerPage
    /// Whether keys and values are stored in half precision.
    package let half: Bool

    package init(_ configuration: LlamaConfiguration, pages: Int, half: Bool) {
        self.configuration = configuration
        self.pages = pages
        self.half = half
        buffer = AlignedBuffer(byteCount: Self.byteCount(configuration, pages: pages, half: half))
    }

    /// What so many pages of a model take, all layers together.
    package static func byteCount(_ configuration: LlamaConfiguration, pages: Int, half: Bool) -> Int {
        pages * configuration.layers * PagedMemory.bytesPerPage(heads: configuration.keyHeads, width: configuration.headWidth, half: half)
    }

    func memory(layer: Int) -> PagedMemory {
        let bytes = PagedMemory.bytesPerPage(heads: configuration.keyHeads, width: configuration.headWidth, half: half)
        return PagedMemory(
            buffer.bytes + layer * pages * bytes, pages: pages, heads: configuration.keyHeads, width: configuration.headWidth, half: half)
    }

    /// Copies a page of every layer.
    func copy(from: Int32, to: Int32) {
        let bytes = PagedMemory.bytesPerPage(heads: configuration.keyHeads, width: configuration.headWidth, half: half)
        for layer in 0..<configuration.layers {
            let base = buffer.bytes + layer * pages * bytes
            (base + Int(to) * bytes).copyMemory(from: base + Int(from) * bytes, byteCount: bytes)
        }
    }
}
