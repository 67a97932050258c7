internal import COpenSSL
package import Cryptography

/// Who one is on TLS: a chain of certificates, one's own first, and its private key, which stays in OpenSSL.
///
/// `@unchecked Sendable`: the key never changes after the making, and OpenSSL lets several threads use it.
package final class TLSIdentity: @unchecked Sendable {
    /// In DER.
    package let chain: [[UInt8]]
    /// `EVP_PKEY`, of which this holds a reference.
    private let key: OpaquePointer

    private init(chain: [[UInt8]], owning key: OpaquePointer) {
        self.chain = chain
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// With a key on P-256.
    package convenience init(chain: [[UInt8]], key: SoftwareKey) throws(NetworkingError) {
        let taken = key.withTransportKey { pointer -> OpaquePointer in
            EVP_PKEY_up_ref(pointer)
            return pointer
        }
        guard let taken else { throw .tls(.identityUnusable(reason: "\(key.publicKey.scheme) is no scheme of TLS's")) }
        self.init(chain: chain, owning: taken)
        try check()
    }

    /// With a key on P-256 in PKCS #8 (RFC 5208), in DER. The caller's array is the caller's to wipe.
    package convenience init(chain: [[UInt8]], pkcs8: [UInt8]) throws(NetworkingError) {
        let key = OpenSSL.call { () -> OpaquePointer? in
            pkcs8.withUnsafeBufferPointer { bytes in
                // It reads within the count, and moves `next` behind what it took.
                var next = bytes.baseAddress
                let key = d2i_AutoPrivateKey(nil, &next, bytes.count)
                guard let key, TLSIdentity.isOnP256(key), next == bytes.baseAddress.map({ $0 + bytes.count }) else {
                    EVP_PKEY_free(key)
                    return nil
                }
                return key
            }
        }
        guard let key else { throw .tls(.identityUnusable(reason: "the key is not one on P-256 in PKCS #8")) }
        self.init(chain: chain, owning: key)
        try check()
    }

    private static func isOnP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 32)
        guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return false }
        return name.starts(with: [UInt8]("prime256v1".utf8).map { CChar(bitPattern: $0) } + [0])
    }

    /// Demands certificates that can be read, the first of which is the key's.
    private func check() throws(NetworkingError) {
        guard (1...TLSLimits.chainCertificatesMax).contains(chain.count),
            chain.allSatisfy({ $0.count <= TLSLimits.certificateBytesMax })
        else {
            throw .tls(.identityUnusable(reason: "a chain has 1 to \(TLSLimits.chainCertificatesMax) certificates"))
        }
        let isUsable = OpenSSL.call {
            guard let context = SSL_CTX_new(TLS_method()) else { return false }
            defer { SSL_CTX_free(context) }
            return install(in: context)
        }
        guard isUsable else { throw .tls(.identityUnusable(reason: "the first certificate is not the key's")) }
    }

    /// Puts chain and key into an `SSL_CTX`, which takes references of its own.
    func install(in context: OpaquePointer) -> Bool {
        for (index, bytes) in chain.enumerated() {
            guard let certificate = TLSIdentity.certificate(bytes) else { return false }
            defer { X509_free(certificate) }
            let isTaken =
                index == 0
                ? SSL_CTX_use_certificate(context, certificate) == 1
                : cairn_openssl_add_to_chain(context, certificate) == 1
            guard isTaken else { return false }
        }
        return SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1
    }

    /// A new `X509`, the caller's to free; nil unless it is all of the bytes.
    static func certificate(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            guard let certificate = d2i_X509(nil, &next, bytes.count) else { return nil }
            guard next == bytes.baseAddress.map({ $0 + bytes.count }) else {
                X509_free(certificate)
                return nil
            }
            return certificate
        }
    }
}
