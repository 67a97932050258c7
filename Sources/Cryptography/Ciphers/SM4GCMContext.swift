internal import COpenSSL
internal import Primitives

/// SM4-GCM: OpenSSL's SM4 within OpenSSL's GCM, which it offers for any block cipher of 16 bytes.
///
/// OpenSSL 3.0 has no SM4-GCM of its own. So all that touches a key is still its code: the block cipher by EVP, the
/// authentication by `CRYPTO_gcm128_*`, which multiplies without look-ups where the processor can. We only lay out
/// the counter blocks.
///
/// `@unchecked Sendable`: only the thread that has taken the context uses it.
final class SM4GCMContext: CipherContext, @unchecked Sendable {
    private let blocks: SM4Blocks
    /// `GCM128_CONTEXT`, which points to the cipher's context.
    private let pointer: OpaquePointer

    /// Nil if the library has no memory left.
    init?(_ key: GuardedBytes) {
        guard let blocks = SM4Blocks(.sm4ECB, key),
            let pointer = CRYPTO_gcm128_new(UnsafeMutableRawPointer(blocks.pointer), encryptBlock)
        else { return nil }
        self.blocks = blocks
        self.pointer = pointer
    }

    deinit { CRYPTO_gcm128_release(pointer) }

    func seal(
        _ plaintext: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        guard let start = output.baseAddress, begin(nonce, context) else { return false }
        let isEncrypted = plaintext.withUnsafeBufferPointer {
            CRYPTO_gcm128_encrypt_ctr32(
                pointer, $0.baseAddress ?? UnsafePointer(start), start, $0.count, encryptCounters)
                == 0
        }
        CRYPTO_gcm128_tag(pointer, start + plaintext.count, AEADLimits.tagByteCount)
        return isEncrypted
    }

    func open(
        _ sealed: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        guard begin(nonce, context) else { return false }
        return sealed.withUnsafeBufferPointer { input in
            guard let start = input.baseAddress else { return false }
            if let output = output.baseAddress, sealed.count > AEADLimits.tagByteCount {
                let count = sealed.count - AEADLimits.tagByteCount
                guard CRYPTO_gcm128_decrypt_ctr32(pointer, start, output, count, encryptCounters) == 0 else {
                    return false
                }
            }
            return CRYPTO_gcm128_finish(pointer, start + output.count, AEADLimits.tagByteCount) == 0
        }
    }

    private func begin(_ nonce: InlineBytes<12>, _ context: Span<UInt8>) -> Bool {
        nonce.storage.withPointer { CRYPTO_gcm128_setiv(pointer, $0, 12) }
        return context.withUnsafeBufferPointer { context in
            guard let start = context.baseAddress, context.count > 0 else { return true }
            return CRYPTO_gcm128_aad(pointer, start, context.count) == 0
        }
    }
}

// MARK: - What GCM calls

/// Encrypts one block; `key` is the cipher's context.
private let encryptBlock: block128_f = { input, output, key in
    var written: Int32 = 0
    // A keyed context of a block cipher takes every block.
    precondition(EVP_EncryptUpdate(OpaquePointer(key), output, &written, input, 16) == 1)
}

/// How many counter blocks are encrypted in one call.
private let counterBlocks = 64

/// Adds the key stream of so many blocks to `input`. The counter is the last four bytes of `initial`, big-endian, and
/// wraps.
private let encryptCounters: ctr128_f = { input, output, blockCount, key, initial in
    guard var input, var output, let initial else { return }
    var stream = InlineArray<1024, UInt8>(repeating: 0)
    var counter = (12..<16).reduce(UInt32(0)) { $0 << 8 | UInt32(initial[$1]) }
    var remaining = blockCount
    stream.withMutablePointer { stream in
        while remaining > 0 {
            let count = min(remaining, counterBlocks)
            for block in 0..<count {
                for index in 0..<12 { stream[16 * block + index] = initial[index] }
                for index in 0..<4 {
                    stream[16 * block + 12 + index] = UInt8(truncatingIfNeeded: counter >> UInt32(24 - 8 * index))
                }
                counter &+= 1
            }
            var written: Int32 = 0
            precondition(EVP_EncryptUpdate(OpaquePointer(key), stream, &written, stream, Int32(16 * count)) == 1)
            for index in 0..<16 * count { output[index] = input[index] ^ stream[index] }
            input += 16 * count
            output += 16 * count
            remaining -= count
        }
        OPENSSL_cleanse(stream, 16 * counterBlocks)
    }
}
