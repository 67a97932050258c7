internal import CSodium
package import Primitives

/// The number that makes each message under one key unlike every other: 12 bytes.
///
/// The rule, without which all ciphers here lose both secrecy and authenticity: **never twice with one key**. There
/// are two ways to keep it: a `NonceSequence`, if one place alone seals with the key; else `random()`, for at most
/// 2^32 messages with one key (NIST SP 800-38D, section 8.3).
package struct Nonce: Hashable, Sendable {
    package let storage: InlineBytes<12>

    /// The nonce of 12 bytes that came with a message.
    package init(_ bytes: [UInt8]) throws(CipherError) {
        guard let storage = InlineBytes<12>(bytes) else { throw .nonceSize(bytes.count) }
        self.storage = storage
    }

    fileprivate init(storage: InlineBytes<12>) { self.storage = storage }

    package var bytes: [UInt8] { storage.bytes }

    /// A nonce from the system's randomness.
    package static func random() -> Nonce {
        Sodium.demandReady()
        var storage = InlineBytes<12>(repeating: 0)
        storage.storage.withMutablePointer { randombytes_buf($0, 12) }
        return Nonce(storage: storage)
    }
}

/// Nonces that never repeat: four bytes that name who seals, and a counter of eight, big-endian (NIST SP 800-38D,
/// section 8.2.1). It can't be copied, as a copy would give the same nonces again.
package struct NonceSequence: ~Copyable {
    private let sender: UInt32
    private var counter: UInt64?

    /// The nonces of one sender under one key. `counter` is the first; a key that outlives the process demands that
    /// it stands on disk above every one that was used.
    package init(sender: UInt32, counter: UInt64 = 0) {
        self.sender = sender
        self.counter = counter
    }

    package mutating func next() throws(CipherError) -> Nonce {
        guard let number = counter else { throw .noncesExhausted }
        counter = number == .max ? nil : number + 1
        var storage = InlineBytes<12>(repeating: 0)
        for index in 0..<4 { storage.storage[index] = UInt8(truncatingIfNeeded: sender >> UInt32(24 - 8 * index)) }
        for index in 0..<8 { storage.storage[4 + index] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * index)) }
        return Nonce(storage: storage)
    }
}
