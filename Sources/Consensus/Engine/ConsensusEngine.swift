package import Cryptography
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
/// Inputs may come late, twice, out of order or from liars: none of them traps. Before `start` all are ignored.
package protocol ConsensusEngine: Sendable {
    /// Takes in one input and appends what must be done, in order.
    mutating func handle(_ input: EngineInput, at now: Instant, into effects: inout [EngineEffect])

    /// Few records that, alone, give an engine at its next start what all that were persisted so far would: written
    /// forward when the journal lets go of those.
    var liveRecords: [[UInt8]] { get }

    /// Where the engine stands, for people and for the coverage of tests. Nothing decides by it.
    var status: EngineStatus { get }

    /// The highest of an orderer's signed votes that this engine holds; nil if it holds none, or votes aren't signed.
    func heldVote(of orderer: UInt32) -> [UInt8]?

    /// What shows that bytes which peers hold are a vote of this orderer's that its records lack; nil if they aren't.
    func missingVote(_ bytes: [UInt8]) -> SignatureCheck?
}

extension ConsensusEngine {
    package func heldVote(of orderer: UInt32) -> [UInt8]? { nil }
    package func missingVote(_ bytes: [UInt8]) -> SignatureCheck? { nil }
}

/// Names a request of an engine in the answer to it. Engines don't use a number twice in one life.
package struct EngineToken: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
}

/// Where an engine stands.
package struct EngineStatus: Hashable, Sendable {
    /// What the engine's page calls its present state.
    package let phase: String
    /// The view, or the term.
    package let view: UInt64
    /// By its place among the orderers; nil if it is not known.
    package let leader: UInt32?
    /// The last decision.
    package let decided: UInt64

    package init(phase: String, view: UInt64, leader: UInt32?, decided: UInt64) {
        self.phase = phase
        self.view = view
        self.leader = leader
        self.decided = decided
    }
}
