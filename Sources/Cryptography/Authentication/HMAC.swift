internal import COpenSSL
package import Primitives

/// A keyed hash of 32 bytes (RFC 2104) by OpenSSL, with its key. It may be used from any thread.
///
/// `@unchecked Sendable`: the keyed context is never changed; each message takes a copy.
package final class HMAC: @unchecked Sendable, CustomReflectable {
    package enum Hash: Sendable, CaseIterable {
        case sha256, sm3

        fileprivate var name: StaticString {
            switch self {
            case .sha256: "SHA256"
            case .sm3: "SM3"
            }
        }
    }

    private let pointer: OpaquePointer
    private static let digest: StaticString = "digest"

    package init(_ hash: Hash, key: GuardedBytes) throws(CipherError) {
        guard let pointer = EVP_MAC_CTX_new(OpenSSLAlgorithm.hmac.pointer) else { throw .system }
        self.pointer = pointer
        let parameters = [Self.digest.parameter(hash.name), OSSL_PARAM_construct_end()]
        guard key.withBytes({ EVP_MAC_init(pointer, $0, key.count, parameters) == 1 }) else { throw .system }
    }

    deinit { EVP_MAC_CTX_free(pointer) }

    /// The message's code.
    package func code(of message: [UInt8]) throws(CipherError) -> InlineBytes<32> {
        var output = InlineBytes<32>(repeating: 0)
        let isDone = OpenSSL.call {
            guard let copy = EVP_MAC_CTX_dup(pointer) else { return false }
            defer { EVP_MAC_CTX_free(copy) }
            var count = 0
            return EVP_MAC_update(copy, message, message.count) == 1
                && output.storage.withMutablePointer { EVP_MAC_final(copy, $0, &count, 32) == 1 } && count == 32
        }
        guard isDone else { throw .system }
        return output
    }

    /// Whether the code is the message's. Codes that were cut short are not taken. It takes the same time wherever
    /// they differ.
    package func isValid(_ code: [UInt8], for message: [UInt8]) throws(CipherError) -> Bool {
        guard let code = InlineBytes<32>(code) else { return false }
        return try self.code(of: message) == code
    }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
