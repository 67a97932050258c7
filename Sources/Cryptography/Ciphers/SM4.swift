internal import COpenSSL
package import Primitives

/// The block cipher SM4 (GB/T 32907-2016) by OpenSSL: 16 bytes at a time, with a key of 16 bytes.
///
/// A block alone hides nothing that repeats: use `AEAD`. It belongs to one thread.
package final class SM4 {
    private let encryption, decryption: SM4Blocks

    package init(key: GuardedBytes) throws(CipherError) {
        guard key.count == 16 else { throw .keySize(key.count, expected: 16) }
        guard let encryption = SM4Blocks(.sm4ECB, key), let decryption = SM4Blocks(.sm4ECB, key, isDecrypting: true)
        else { throw .system }
        (self.encryption, self.decryption) = (encryption, decryption)
    }

    package func encrypt(_ block: InlineBytes<16>) throws(CipherError) -> InlineBytes<16> { try encryption.run(block) }
    package func decrypt(_ block: InlineBytes<16>) throws(CipherError) -> InlineBytes<16> { try decryption.run(block) }
}

/// SM4 in one of OpenSSL's modes, keyed, for whole blocks in one direction.
final class SM4Blocks {
    /// `EVP_CIPHER_CTX`, which keeps the key from message to message.
    let pointer: OpaquePointer

    /// Nil if the library has no memory left.
    init?(_ mode: OpenSSLAlgorithm, _ key: GuardedBytes, isDecrypting: Bool = false) {
        precondition(key.count == 16)
        guard let pointer = EVP_CIPHER_CTX_new() else { return nil }
        self.pointer = pointer
        let isKeyed = key.withBytes {
            EVP_CipherInit_ex2(pointer, mode.pointer, $0, nil, isDecrypting ? 0 : 1, nil) == 1
        }
        guard isKeyed, EVP_CIPHER_CTX_set_padding(pointer, 0) == 1 else { return nil }
    }

    deinit { EVP_CIPHER_CTX_free(pointer) }

    /// Starts a message with the mode's initial block.
    func start(_ initial: InlineBytes<16>) -> Bool {
        initial.storage.withPointer { EVP_CipherInit_ex2(pointer, nil, nil, $0, -1, nil) == 1 }
    }

    /// Runs the cipher over `count` bytes, in place or not: whole blocks, except in counter mode.
    func run(_ input: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        var written: Int32 = 0
        return EVP_CipherUpdate(pointer, output, &written, input, Int32(count)) == 1 && written == Int32(count)
    }

    func run(_ block: InlineBytes<16>) throws(CipherError) -> InlineBytes<16> {
        var output = InlineBytes<16>(repeating: 0)
        let isDone = block.storage.withPointer { input in
            output.storage.withMutablePointer { run(input, $0, count: 16) }
        }
        guard isDone else { throw .system }
        return output
    }
}
