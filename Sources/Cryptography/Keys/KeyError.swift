/// Why a key could not be made, opened or used.
package struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
