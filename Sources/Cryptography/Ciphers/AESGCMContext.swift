internal import COpenSSL
internal import Primitives

/// AES-GCM by OpenSSL's own mode.
///
/// `@unchecked Sendable`: only the thread that has taken the context uses it.
final class AESGCMContext: CipherContext, @unchecked Sendable {
    /// `EVP_CIPHER_CTX`, which keeps the key from message to message.
    private let pointer: OpaquePointer

    /// Nil if the library has no memory left.
    init?(_ cipher: OpenSSLAlgorithm, _ key: GuardedBytes) {
        guard let pointer = EVP_CIPHER_CTX_new() else { return nil }
        self.pointer = pointer
        guard key.withBytes({ EVP_EncryptInit_ex2(pointer, cipher.pointer, $0, nil, nil) == 1 }) else { return nil }
    }

    deinit { EVP_CIPHER_CTX_free(pointer) }

    func seal(
        _ plaintext: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        OpenSSL.call {
            nonce.storage.withPointer { EVP_EncryptInit_ex2(pointer, nil, nil, $0, nil) == 1 }
                && run(context, count: context.count, nil) && run(plaintext, count: plaintext.count, output)
                && finish(output)
                && EVP_CIPHER_CTX_ctrl(
                    pointer, EVP_CTRL_AEAD_GET_TAG, Int32(AEADLimits.tagByteCount),
                    output.baseAddress.map { $0 + plaintext.count }) == 1
        }
    }

    func open(
        _ sealed: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var tag = InlineArray<16, UInt8> { index in sealed[output.count + index] }
        return OpenSSL.call {
            nonce.storage.withPointer { EVP_DecryptInit_ex2(pointer, nil, nil, $0, nil) == 1 }
                && run(context, count: context.count, nil) && run(sealed, count: output.count, output)
                && tag.withMutablePointer {
                    EVP_CIPHER_CTX_ctrl(pointer, EVP_CTRL_AEAD_SET_TAG, Int32(AEADLimits.tagByteCount), $0) == 1
                } && finish(output)
        }
    }

    /// Takes the first `count` bytes: into `output`, or as what is authenticated only.
    private func run(_ input: Span<UInt8>, count: Int, _ output: UnsafeMutableBufferPointer<UInt8>?) -> Bool {
        guard count > 0 else { return true }
        var written: Int32 = 0
        return input.withUnsafeBufferPointer {
            EVP_CipherUpdate(pointer, output?.baseAddress, &written, $0.baseAddress, Int32(count)) == 1
        }
    }

    /// Ends the message; when opening, false if the tag is wrong. It writes no bytes in this mode.
    private func finish(_ output: UnsafeMutableBufferPointer<UInt8>) -> Bool {
        var written: Int32 = 0
        var unused: UInt8 = 0
        return EVP_CipherFinal_ex(pointer, output.baseAddress ?? withUnsafeMutablePointer(to: &unused) { $0 }, &written)
            == 1
    }
}
