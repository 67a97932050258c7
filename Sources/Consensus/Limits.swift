/// The limits of the consensus engines.
package enum ConsensusLimits {
    // MARK: All engines

    /// The longest value of a decision, in bytes.
    package static let valueByteCountMax = 8 << 20
    /// The longest message between orderers, in bytes: a value with certificates.
    package static let messageByteCountMax = valueByteCountMax + (1 << 20)
    /// How many decisions may be on their way between being voted for and being executed: a validator votes for
    /// decision d only after it has executed d - L.
    package static let executionLagDecisions: UInt64 = 8
}
