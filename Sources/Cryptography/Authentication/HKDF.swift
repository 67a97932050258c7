internal import COpenSSL

/// Keys from a secret that is already hard to guess (RFC 5869), with HMAC-SHA-256, by OpenSSL.
package enum HKDF {
    /// A key of 1 to 8,160 bytes. `salt` may be empty, and public; `info` says what the key is for.
    package static func sha256(
        secret: GuardedBytes, salt: [UInt8], info: [UInt8], byteCount: Int
    ) throws(CipherError) -> GuardedBytes {
        guard (1...HKDFLimits.outputByteCountMax).contains(byteCount) else {
            throw .outputSize(byteCount, maximum: HKDFLimits.outputByteCountMax)
        }
        let key = try? GuardedBytes(count: byteCount) { output in
            OpenSSL.call { derive(secret, salt, info, output, byteCount) }
        }
        guard let key else { throw .system }
        return key
    }

    private static let digest: StaticString = "digest"
    private static let key: StaticString = "key"
    private static let salt: StaticString = "salt"
    private static let info: StaticString = "info"

    private static func derive(
        _ secret: GuardedBytes, _ salt: [UInt8], _ info: [UInt8], _ output: UnsafeMutablePointer<UInt8>, _ count: Int
    ) -> Bool {
        guard let context = EVP_KDF_CTX_new(OpenSSLAlgorithm.hkdf.pointer) else { return false }
        defer { EVP_KDF_CTX_free(context) }
        return secret.withBytes { secretBytes in
            salt.withUnsafeBufferPointer { saltBytes in
                info.withUnsafeBufferPointer { infoBytes in
                    var parameters = [
                        digest.parameter("SHA256"), key.parameter(secretBytes, secret.count),
                    ]
                    // OpenSSL takes an absent salt as RFC 5869 takes an empty one.
                    if let start = saltBytes.baseAddress, !salt.isEmpty {
                        parameters.append(Self.salt.parameter(start, salt.count))
                    }
                    if let start = infoBytes.baseAddress, !info.isEmpty {
                        parameters.append(Self.info.parameter(start, info.count))
                    }
                    return EVP_KDF_derive(context, output, count, parameters + [OSSL_PARAM_construct_end()]) == 1
                }
            }
        }
    }
}
