import COpenSSL
import Primitives
import Testing

@testable import Cryptography

/// OpenSSL's opinion of a signature. Its rule is RFC 8032's without the factor 8, the same for honest signatures.
enum OpenSSLEd25519 {
    static func verify(_ test: Ed25519Case) throws -> Bool {
        // A key that is no point may be refused here already.
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, test.publicKey, 32) else { return false }
        defer { EVP_PKEY_free(key) }
        let context = try #require(EVP_MD_CTX_new())
        defer { EVP_MD_CTX_free(context) }
        try #require(EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1)
        return EVP_DigestVerify(context, test.signature.bytes, 64, test.message, test.message.count) == 1
    }
}
