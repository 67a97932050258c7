/// The ways to check Ed25519 signatures, each for itself, for benchmarks to compare. Programs use a `SignatureVerifier`.
package struct Ed25519Benchmarking {
    /// Those that this processor has, by their names.
    package static var ways: [(name: String, checks: Ed25519Benchmarking)] {
        Ed25519Kernel.present.map { kernel in
            let name =
                switch kernel {
                case .portable: "portable"
                case .avx2: "AVX2"
                case .ifma: "AVX-512 IFMA"
                }
            return (name, Ed25519Benchmarking(kernel: kernel))
        }
    }

    private let kernel: Ed25519Kernel
    private let history = BatchHistory()

    private init(kernel: Ed25519Kernel) { self.kernel = kernel }

    /// The same way, with nothing learnt yet.
    package var afresh: Ed25519Benchmarking { Ed25519Benchmarking(kernel: kernel) }

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
