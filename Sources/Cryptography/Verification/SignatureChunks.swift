/// Checks sorted by scheme and cut into chunks, each of one scheme and small enough to keep nobody waiting for long.
struct SignatureChunks: Sendable {
    let checks: [SignatureCheck]
    /// The checks' indices, those of one scheme together, else in their order.
    private let order: [Int]
    /// Ranges of `order`.
    let ranges: [Range<Int>]

    /// Cuts for so many threads: few checks are shared evenly, many go in pieces of the limits.
    init(_ checks: [SignatureCheck], threadCount: Int, kernel: Ed25519Kernel = .best) {
        self.checks = checks
        var order: [Int] = []
        var ranges: [Range<Int>] = []
        order.reserveCapacity(checks.count)
        for scheme in SignatureScheme.allCases {
            let start = order.count
            order.append(contentsOf: checks.indices.lazy.filter { checks[$0].publicKey.scheme == scheme })
            let end = order.count
            let share = (end - start + threadCount - 1) / threadCount
            let size = scheme.chunkSize(forShare: share, kernel)
            for from in stride(from: start, to: end, by: size) { ranges.append(from..<min(from + size, end)) }
        }
        (self.order, self.ranges) = (order, ranges)
    }

    /// The indices of a chunk's checks.
    func indices(of range: Range<Int>) -> ArraySlice<Int> { order[range] }

    /// Verifies the chunk and calls `enter` with each check's index and answer.
    func verify(_ range: Range<Int>, history: BatchHistory, enter: (Int, Bool) -> Void) {
        let indices = indices(of: range)
        for (index, answer) in zip(indices, answers(indices, history)) { enter(index, answer) }
    }

    private func answers(_ indices: ArraySlice<Int>, _ history: BatchHistory) -> [Bool] {
        guard let first = indices.first else { return [] }
        switch checks[first].publicKey.scheme {
        case .ed25519: return Ed25519.verifyBatch(indices.map { checks[$0] }, history: history)
        case .secp256k1, .p256, .sm2: return indices.map { checks[$0].isValid }
        }
    }
}

extension SignatureScheme {
    /// How many checks a thread takes at once. Ed25519 batches pay from some size on, so that shares are not cut finer.
    fileprivate func chunkSize(forShare share: Int, _ kernel: Ed25519Kernel) -> Int {
        switch (self, kernel) {
        case (.secp256k1, _), (.p256, _), (.sm2, _): min(max(share, 1), VerifierLimits.chunkChecksMax)
        case (.ed25519, .portable):
            min(max(share, VerifierLimits.portableChunkChecksMin), VerifierLimits.portableChunkChecksMax)
        case (.ed25519, .avx2): min(max(share, VerifierLimits.avx2ChunkChecksMin), VerifierLimits.avx2BatchClaimsMax)
        case (.ed25519, .ifma): min(max(share, VerifierLimits.ifmaChunkChecksMin), VerifierLimits.ifmaBatchClaimsMax)
        }
    }
}
