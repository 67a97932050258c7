package import Cryptography
package import Primitives

package enum EngineEffect: Hashable, Sendable {
    /// Make the record durable, then let go of `releases`, then answer `persisted`. Records become durable in their
    /// order.
    indirect case persist(EngineToken, record: [UInt8], releases: [EngineEffect])
    /// To one orderer, or to all others for nil.
    case send(to: UInt32?, [UInt8])
    /// Timers are not taken back: an engine passes over those that it no longer waits for.
    case setTimer(EngineToken, afterMilliseconds: UInt64)
    /// Sign with this node's key as an orderer.
    case sign(EngineToken, Digest)
    case verify(EngineToken, [SignatureCheck])
    /// Ask for a value to propose for a decision. `after` are the values of the decisions before it that are not
    /// decided yet, oldest first.
    case requestValue(EngineToken, decision: UInt64, after: [[UInt8]])
    /// Ask whether this may be the value of the decision, whatever came of `after`. A fresh value is judged by the
    /// node's clock and by what it has heard, too; one under a certificate is not.
    case validate(EngineToken, decision: UInt64, value: [UInt8], after: [[UInt8]], isFresh: Bool)
    /// The value of a decision, in order, with a proof for those who were away (nil where the engine has none).
    case decided(decision: UInt64, value: [UInt8], proof: [UInt8]?)
    /// The answer to `read`: everything that anybody knew to be decided when it was asked is in the state after this
    /// decision. Nil if this node can't tell.
    case readable(EngineToken, decision: UInt64?)
    /// Proof that an orderer broke the rules, which anyone can check.
    case evidence([UInt8])
    /// Decisions must be fetched from peers until all up to `upTo` are here: elsewhere they are decided.
    case needDecisions(from: UInt64, upTo: UInt64)
    /// A message was not heeded, through a fault of who sent it.
    case refused(from: UInt32, MessageFault)
}

/// What is wrong with a message that no honest orderer sends. Messages that are late or early are not faulty.
package enum MessageFault: UInt8, Sendable, CaseIterable {
    case undecodable
    case tooLong
    /// The sender is not the one who may say this.
    case notItsPlace
    case wrongSignature
    /// A certificate without a quorum, or of signers twice.
    case wrongCertificate
    case invalidValue
    /// A value that this node does not vote for. That need not be its author's fault: nodes' clocks and knowledge differ.
    case unacceptable
    /// Two things where only one may be.
    case conflicting
}
