package import Cryptography
package import Ledger
package import Primitives

/// What an engine begins with.
package struct EngineStart: Sendable {
    package let epoch: EpochConfiguration
    /// Names chain, group and epoch: part of everything that is signed.
    package let context: Digest
    package let suite: Suite
    /// This node's place among the orderers, or nil if it only follows.
    package let own: UInt32?
    /// The last decision before the epoch.
    package let origin: UInt64
    /// The epoch's last decision, if it is known.
    package let end: UInt64?
    /// The last decision that the node has.
    package let lastDecision: UInt64
    /// The last decision that was executed before, and its result made certain.
    package let lastExecuted: UInt64
    /// The proof that came with that decision; nil if it is of an earlier epoch, or the engine has no proofs.
    package let lastProof: [UInt8]?
    /// What the engine persisted before, oldest first. A record may be there twice, and those that `liveRecords`
    /// replaced may be missing.
    package let records: [[UInt8]]
    /// Of no meaning, and another for each start of each node: what engines draw delays from.
    package let seed: UInt64

    package init(
        epoch: EpochConfiguration, context: Digest, suite: Suite, own: UInt32?, origin: UInt64 = 0,
        end: UInt64? = nil, lastDecision: UInt64, lastExecuted: UInt64? = nil, lastProof: [UInt8]? = nil,
        records: [[UInt8]] = [], seed: UInt64 = 0
    ) {
        self.epoch = epoch
        self.context = context
        self.suite = suite
        self.own = own
        self.origin = origin
        self.end = end
        self.lastDecision = lastDecision
        self.lastExecuted = lastExecuted ?? lastDecision
        self.lastProof = lastProof
        self.records = records
        self.seed = seed
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
    /// For each check, whether the signature is valid.
    case verified(EngineToken, [Bool])
    /// Work waits. Given to every orderer, which starts its progress timer.
    case pending
    /// This node would have something to propose if it leads; no other waits for it, and no timer starts.
    case offer
    /// Somebody wants to read what is decided by now. Answered by `readable`.
    case read(EngineToken)
    /// The answer to `requestValue`; nil if nothing waits any more.
    case value(EngineToken, [UInt8]?)
    case validity(EngineToken, Bool)
    /// A decision was executed and its result made certain, with all before it.
    case executed(decision: UInt64)
    /// The last decision of the epoch: nothing is decided beyond it.
    case stopAt(decision: UInt64)
    /// The node took decisions up to this one from peers, with its value and proof, which the engine checks by itself
    /// where it has proofs.
    case caughtUp(decision: UInt64, value: [UInt8], proof: [UInt8]?)
    /// There is a new connection to an orderer: what was sent before may be lost, and each may have missed what the other
    /// has decided.
    case connected(UInt32)
    /// The connection to an orderer has ended from the other side: its process is gone, or does not want to talk.
    case disconnected(UInt32)
    /// An orderer does less than it must, as far as the node can see outside of the engine: a leader that leaves out
    /// what others want ordered.
    case suspect(UInt32)
}
