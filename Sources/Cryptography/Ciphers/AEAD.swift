internal import Primitives
internal import Synchronization

/// A cipher that both hides and authenticates, with its key: authenticated encryption with associated data (RFC 5116).
///
/// What is sealed is as long as the plaintext and a tag of 16 bytes after it. It may be used from any thread.
package final class AEAD: Sendable, CustomReflectable {
    package enum Algorithm: Sendable, CaseIterable {
        /// AES in Galois/counter mode (NIST SP 800-38D).
        case aes128GCM, aes256GCM
        /// SM4 (GB/T 32907) in Galois/counter mode (RFC 8998).
        case sm4GCM
        /// SM4 in the mode of counter with CBC-MAC (RFC 8998; NIST SP 800-38C).
        case sm4CCM

        package var keyByteCount: Int { self == .aes256GCM ? 32 : 16 }

        /// The most bytes that one message may have.
        package var plaintextByteCountMax: Int {
            self == .sm4CCM ? AEADLimits.counterWithMACByteCountMax : AEADLimits.plaintextByteCountMax
        }
    }

    package let algorithm: Algorithm
    private let key: GuardedBytes
    /// Keyed contexts that no thread uses just now.
    private let idle = Mutex<[any CipherContext]>([])

    package init(_ algorithm: Algorithm, key: GuardedBytes) throws(CipherError) {
        guard key.count == algorithm.keyByteCount else {
            throw .keySize(key.count, expected: algorithm.keyByteCount)
        }
        self.algorithm = algorithm
        self.key = key
    }

    /// The ciphertext and its tag. The nonce must never have been used with this key. `context` is authenticated, not
    /// hidden, and not part of what is sealed.
    package func seal(
        _ plaintext: [UInt8], nonce: Nonce, authenticating context: [UInt8] = []
    ) throws(CipherError) -> [UInt8] {
        try demandLengths(plaintext.count, context.count)
        let cipher = try take()
        var output = [UInt8](repeating: 0, count: plaintext.count + AEADLimits.tagByteCount)
        let isSealed = output.withUnsafeMutableBufferPointer {
            cipher.seal(plaintext.span, nonce.storage, context.span, into: $0)
        }
        guard isSealed else { throw .system }
        giveBack(cipher)
        return output
    }

    /// The plaintext, if the sealed bytes were made with this key, nonce and context and are unchanged.
    package func open(
        _ sealed: [UInt8], nonce: Nonce, authenticating context: [UInt8] = []
    ) throws(CipherError) -> [UInt8] {
        let count = sealed.count - AEADLimits.tagByteCount
        guard count >= 0 else { throw .notAuthentic }
        try demandLengths(count, context.count)
        let cipher = try take()
        var output = [UInt8](repeating: 0, count: count)
        let isAuthentic = output.withUnsafeMutableBufferPointer {
            cipher.open(sealed.span, nonce.storage, context.span, into: $0)
        }
        giveBack(cipher)
        guard isAuthentic else {
            // What was deciphered before the tag turned out wrong must not be seen.
            GuardedBytes.wipe(&output)
            throw .notAuthentic
        }
        return output
    }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

// MARK: - Contexts

extension AEAD {
    private func demandLengths(_ plaintext: Int, _ context: Int) throws(CipherError) {
        let maximum = algorithm.plaintextByteCountMax
        guard plaintext <= maximum else { throw .tooLong(plaintext, maximum: maximum) }
        guard context <= AEADLimits.contextByteCountMax else {
            throw .tooLong(context, maximum: AEADLimits.contextByteCountMax)
        }
    }

    private func take() throws(CipherError) -> any CipherContext {
        if let cipher = idle.withLock({ $0.popLast() }) { return cipher }
        let cipher: (any CipherContext)? =
            switch algorithm {
            case .aes128GCM: AESGCMContext(.aes128GCM, key)
            case .aes256GCM: AESGCMContext(.aes256GCM, key)
            case .sm4GCM: SM4GCMContext(key)
            case .sm4CCM: SM4CCMContext(key)
            }
        guard let cipher else { throw .system }
        return cipher
    }

    private func giveBack(_ cipher: any CipherContext) {
        idle.withLock { if $0.count < AEADLimits.idleContextsMax { $0.append(cipher) } }
    }
}

/// A cipher's keyed state. One thread uses it at a time: the one that has taken it.
protocol CipherContext: AnyObject, Sendable {
    /// Writes the ciphertext and the tag, which fill `output`. False if the library fails.
    func seal(
        _ plaintext: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool

    /// Writes the plaintext, which fills `output`. False if the tag at the end of `sealed` is not that of the rest.
    func open(
        _ sealed: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool
}

extension Suite {
    /// How the suite hides and authenticates data.
    package var aead: AEAD.Algorithm {
        switch self {
        case .international: .aes256GCM
        case .national: .sm4GCM
        }
    }
}
