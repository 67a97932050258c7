/// One thing that fuzzing runs: a function over any bytes, and what to begin with.
package struct FuzzTarget: Sendable {
    package let name: String
    /// Gives the bytes to the code under test, and throws where a property does not hold. That the code neither traps
    /// nor reads what is not its own, whoever runs this sees.
    package let run: @Sendable ([UInt8]) throws(FuzzFailure) -> Void
    /// Inputs that reach deep, from which others are made.
    package let seeds: @Sendable () -> [[UInt8]]

    init(
        _ name: String, seeds: @escaping @Sendable () -> [[UInt8]],
        run: @escaping @Sendable ([UInt8]) throws(FuzzFailure) -> Void
    ) {
        (self.name, self.run, self.seeds) = (name, run, seeds)
    }
}

/// A property that does not hold.
package struct FuzzFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

func demand(_ holds: Bool, _ what: @autoclosure () -> String) throws(FuzzFailure) {
    guard holds else { throw FuzzFailure(what()) }
}
