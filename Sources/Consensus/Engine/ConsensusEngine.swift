package import Cryptography
package import Ledger
package import Primitives

/// A consensus engine: a pure state machine that decides opaque values in order, one after another.
///
/// An epoch is one engine over one set of orderers. An engine only ever commits: what it decides is never revoked.
/// It knows nothing of snapshots, state transfer or membership, reads no clock but the `now` of each input, and does
/// what must leave it by effects alone.
///
/// ```
///              pending ─▶ requestValue ─▶ value ─▶ (engine's own messages) ─▶ decided ─▶ executed
/// ```
package protocol ConsensusEngine: Sendable {
    /// Takes in one input and appends what must be done, in order.
    mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect])
}

/// Names a request of an engine in the answer to it.
package struct EngineToken: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}

/// What an engine begins with.
package struct EngineStart: Sendable {
    package let epoch: EpochConfiguration
    /// This node's place among the orderers, or nil if it only follows.
    package let own: UInt32?
    /// The last decision that was executed before.
    package let lastDecision: UInt64
    /// What the engine persisted before, oldest first.
    package let records: [[UInt8]]

    package init(epoch: EpochConfiguration, own: UInt32?, lastDecision: UInt64, records: [[UInt8]]) {
        self.epoch = epoch
        self.own = own
        self.lastDecision = lastDecision
        self.records = records
    }
}

package enum EngineInput: Sendable {
    case start(EngineStart)
    /// A message from another orderer, whose authorship the transport has checked.
    case message(from: UInt32, [UInt8])
    case timer(EngineToken)
    /// The record is durable, and what it released is on its way.
    case persisted(EngineToken)
    case signed(EngineToken, Signature)
    case verified(EngineToken, [Bool])
    /// Work waits. Given to every orderer, which starts its progress timer.
    case pending
    /// The answer to `requestValue`; nil if nothing waits any more.
    case value([UInt8]?)
    case validity(EngineToken, Bool)
    /// A decision was executed and its result made certain.
    case executed(decision: UInt64)
    /// The last decision of the epoch: nothing is decided beyond it.
    case stopAt(decision: UInt64)
    /// The node took decisions up to this one, with its proof, from peers.
    case caughtUp(decision: UInt64, proof: [UInt8])
}

package enum EngineEffect: Hashable, Sendable {
    /// Make the record durable, then let go of `releases`, then answer `persisted`.
    indirect case persist(EngineToken, record: [UInt8], releases: [EngineEffect])
    /// To one orderer, or to all others for nil.
    case send(to: UInt32?, [UInt8])
    case setTimer(EngineToken, afterMilliseconds: UInt64)
    case sign(EngineToken, Digest)
    case verify(EngineToken, [SignatureCheck])
    /// Ask for a value to propose.
    case requestValue
    case validate(EngineToken, value: [UInt8])
    /// The value of a decision, in order, with a proof for those who were away (nil where the engine has none).
    case decided(decision: UInt64, value: [UInt8], proof: [UInt8]?)
    /// Proof that an orderer broke the rules.
    case evidence([UInt8])
    /// Decisions from this one on must be fetched from peers.
    case needDecisions(from: UInt64)
}
