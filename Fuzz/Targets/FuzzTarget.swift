/// One thing that fuzzing runs: a function over any bytes, and what to begin with.
package struct FuzzTarget: Sendable {
    package let name: String
    /// Gives the bytes to the code under test, and throws where a property does not hold. That the code neither traps
    /// nor reads what is not its own, whoever runs this sees.
    package let run: @Sendable ([UInt8]) throws(FuzzFailure) -> Void
    /// Inputs that reach deep, from which others are made.
    package let seeds: @Sendable () -> [[UInt8]]
    /// What the seeds come to, one or the other: a target that does not get there any more tests less than it says.
    package let landmarks: [String]
    /// The same as `run`, and which landmarks it came to.
    package let reach: @Sendable ([UInt8]) throws(FuzzFailure) -> Set<String>

    init(
        _ name: String, seeds: @escaping @Sendable () -> [[UInt8]],
        run: @escaping @Sendable ([UInt8]) throws(FuzzFailure) -> Void
    ) {
        (self.name, self.run, self.seeds, landmarks) = (name, run, seeds, [])
        reach = { bytes throws(FuzzFailure) in
            try run(bytes)
            return []
        }
    }

    init(
        _ name: String, seeds: @escaping @Sendable () -> [[UInt8]], landmarks: [String],
        reach: @escaping @Sendable ([UInt8]) throws(FuzzFailure) -> Set<String>
    ) {
        (self.name, self.seeds, self.landmarks, self.reach) = (name, seeds, landmarks, reach)
        run = { bytes throws(FuzzFailure) in _ = try reach(bytes) }
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
