/// The ways to check Ed25519 signatures, each for itself, for benchmarks to compare. Programs use a `SignatureVerifier`.
package struct Ed25519Benchmarking {
    package static var hasIFMA: Bool { Ed25519Kernel.isIFMAPresent }

    private let kernel: Ed25519Kernel
    private let history = BatchHistory()

    /// Demands `hasIFMA` unless portable.
    package init(isPortable: Bool) {
        precondition(isPortable || Self.hasIFMA, "this processor has no AVX-512 IFMA")
        kernel = isPortable ? .portable : .ifma
    }

    /// As one batch of checks with Ed25519 keys.
    package func verify(_ checks: [SignatureCheck]) -> [Bool] {
        Ed25519.verifyBatch(checks, history: history, kernel: kernel)
    }

    /// Each for itself, with our own arithmetic.
    package func verifyAlone(_ checks: [SignatureCheck]) -> [Bool] {
        checks.map { check in
            BatchVerification(kernel: kernel).answersAlone(Ed25519Claim.claims(of: [check], by: kernel))[0]
        }
    }

    package static func verifyWithSodium(_ check: SignatureCheck) -> Bool {
        Ed25519.verifyWithSodium(
            message: check.digest.inlineBytes.span, publicKey: check.ed25519Key, check.signature)
    }
}
