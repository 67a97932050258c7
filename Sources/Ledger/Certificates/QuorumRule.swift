package import Primitives

/// What may go wrong with validators without harm. The weaker the model, the smaller the number.
package enum FaultModel: UInt8, Sendable, CaseIterable, Comparable, CanonicalCodable {
    /// Nothing: a single node, for development.
    case none = 0
    /// Validators may stop.
    case crash = 1
    /// Validators may do anything.
    case byzantine = 2

    package static func < (left: FaultModel, right: FaultModel) -> Bool { left.rawValue < right.rawValue }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(rawValue) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let number: UInt8 = try decoder.decode()
        guard let model = FaultModel(rawValue: number) else {
            throw CodingError(.unknownVariant(UInt32(number)), at: start)
        }
        self = model
    }
}

/// Who of a validator set suffices for what. No other code counts signers.
package struct QuorumRule: Hashable, Sendable, CanonicalCodable {
    package let model: FaultModel
    /// The number of validators, at least 1.
    package let count: UInt32

    package init(model: FaultModel, count: Int) {
        precondition(count >= 1 && count <= LedgerLimits.validatorsMax)
        self.model = model
        self.count = UInt32(count)
    }

    /// Whether any two such sets share a validator that the model trusts.
    package func isQuorum(_ signers: SignerSet) -> Bool { members(of: signers) >= quorumCount }

    /// Whether at least one of such a set is trusted to hold, and to give out, what it says it has.
    package func isAvailable(_ signers: SignerSet) -> Bool { members(of: signers) >= availableCount }

    /// How many may be faulty at most.
    package var faultCountMax: Int { availableCount - 1 }

    private var quorumCount: Int {
        switch model {
        case .none: Int(count)
        case .crash: Int(count) / 2 + 1
        case .byzantine: 2 * Int(count) / 3 + 1
        }
    }

    private var availableCount: Int {
        switch model {
        case .none: 1
        case .crash: (Int(count) - 1) / 2 + 1
        case .byzantine: (Int(count) - 1) / 3 + 1
        }
    }

    /// How many of `signers` belong to the set at all.
    private func members(of signers: SignerSet) -> Int { signers.indices.prefix { $0 < count }.count }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(model)
        encoder.encode(count)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        model = try decoder.decode()
        let start = decoder.offset
        count = try decoder.decode()
        guard count >= 1, count <= UInt32(LedgerLimits.validatorsMax) else {
            throw CodingError(.invalid("a validator set of \(count)"), at: start)
        }
    }
}

/// Validators by their place in the epoch's list, each once.
package struct SignerSet: Hashable, Sendable {
    /// Ascending.
    package private(set) var indices: [UInt32] = []

    package init() {}

    package init(_ indices: some Sequence<UInt32>) { self.indices = indices.sorted().removingRepeats() }

    /// Validators in ascending order, each once.
    package init(ascending indices: [UInt32]) {
        precondition(zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 })
        self.indices = indices
    }

    package mutating func insert(_ index: UInt32) {
        let position = indices.firstIndex { $0 >= index } ?? indices.endIndex
        guard position == indices.endIndex || indices[position] != index else { return }
        indices.insert(index, at: position)
    }
}
