extension Ed25519 {
    /// For each check, which must be of an Ed25519 key, whether it is valid: the same as asking one by one, but
    /// many times as fast when they are many.
    ///
    /// `history` steers which way is tried first; it has no influence on the answers.
    static func verifyBatch(
        _ checks: some RandomAccessCollection<SignatureCheck>, history: BatchHistory? = nil,
        kernel: Ed25519Kernel = .best
    ) -> [Bool] {
        BatchVerification(kernel: kernel, history: history).answers(Ed25519Claim.claims(of: checks, by: kernel))
    }
}
