/// Why rationales cannot be written as configured: what is wrong with the prompt, or with prompt and model together.
package struct RationaleError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
