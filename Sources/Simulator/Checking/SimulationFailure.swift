/// What the simulator found wrong, and when.
package struct SimulationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Property: String, Sendable, CaseIterable {
        case setUp = "set-up"
        case agreement
        case validity
        case exactlyOnce = "exactly once"
        case durability
        case proofs
        case order
        case liveness
        case bounds
        case evidence
        case oneResult = "one result"
        case epochs
        case catchUp = "catch-up"
    }

    package let property: Property
    package let what: String
    /// In virtual nanoseconds.
    package internal(set) var nanoseconds: UInt64 = 0

    init(_ property: Property, _ what: String) {
        self.property = property
        self.what = what
    }

    package var description: String { "\(property.rawValue): \(what) (at \(nanoseconds / 1_000_000) ms)" }
}
