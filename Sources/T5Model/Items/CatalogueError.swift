/// What is wrong with a catalogue, or with what a request asks of it: which item, and what to do.
package struct CatalogueError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
