internal import CSodium
internal import Primitives

/// The coefficients of a batch equation: 128 bits for each claim, drawn by a hash of all claims.
///
/// Why a hash will do in place of randomness: a batch with a false claim holds for one in 2^128 of the coefficients of
/// that claim, whatever the others are, because the sum is in a group of prime order once the factor 8 has been applied.
/// Whoever wants to slip a false claim through must find a batch whose own hash gives such coefficients. Each try
/// changes some byte of some A, R, s or k, so it gives new coefficients, as good as random, and costs a hash and
/// a chance of 2^-128: what forging costs anyway. All of A, R, s and k in their order go into the hash, so nothing can
/// be chosen after the coefficients are known. Nodes that batch differently still agree, as each would have to be
/// fooled apart; and no node needs a source of randomness, so a run can be repeated exactly.
enum BatchCoefficients {
    /// What the hash begins with, so that it means nothing elsewhere.
    private static let domain = Array("cairn.ed25519.batch.coefficients".utf8).span.littleEndianWords(at: 0)

    /// One for each claim. SHA-256 of the claims is the key of a ChaCha20 stream.
    static func coefficients(of claims: [Ed25519Claim]) -> [UInt128] {
        Sodium.demandReady()
        var words: [UInt64] = []
        words.reserveCapacity(16 * claims.count + 4)
        words.append(domain)
        for claim in claims { claim.append(to: &words) }
        let key = SHA256.hash(words: words).inlineBytes
        var coefficients = [UInt128](repeating: 0, count: claims.count)
        let nonce = InlineArray<8, UInt8>(repeating: 0)
        // The stream fills exactly the array; the key has 32 bytes and is used once, so the nonce may be zero.
        coefficients.withUnsafeMutableBytes { output in
            guard let start = output.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
            key.withPointer { key in
                nonce.withPointer { _ = crypto_stream_chacha20(start, UInt64(output.count), $0, key) }
            }
        }
        return coefficients
    }
}

extension SHA256 {
    /// The hash of the words' bytes, as they lie in memory.
    fileprivate static func hash(words: [UInt64]) -> Digest {
        // The view lives only for the call and covers exactly the array.
        words.withUnsafeBytes { hash($0.assumingMemoryBound(to: UInt8.self).span) }
    }
}
