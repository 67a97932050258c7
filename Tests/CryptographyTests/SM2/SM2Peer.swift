import COpenSSL
import Cryptography
import Primitives

/// A key in the hands of OpenSSL, whose answers ours are held against.
final class SM2Peer {
    private let key: OpaquePointer

    private init(_ key: OpaquePointer) { self.key = key }

    deinit { EVP_PKEY_free(key) }

    static func generate() -> SM2Peer? {
        // The name gives a real SM2 key; `EVP_EC_gen("SM2")` gives one that signs ECDSA.
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "SM2", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_generate(context, &key) == 1 else { return nil }
        return key.map(SM2Peer.init)
    }

    /// The key of a public point in any form, or nil if OpenSSL takes it for none.
    static func reading(_ bytes: [UInt8]) -> SM2Peer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "SM2", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var (name, point) = (Array("SM2".utf8CString), bytes)
        var key: OpaquePointer?
        let isRead = "group".withCString { groupKey in
            "pub".withCString { pointKey in
                name.withUnsafeMutableBufferPointer { name in
                    point.withUnsafeMutableBytes { point in
                        var parameters = [
                            OSSL_PARAM_construct_utf8_string(groupKey, name.baseAddress, 0),
                            OSSL_PARAM_construct_octet_string(pointKey, point.baseAddress, point.count),
                            OSSL_PARAM_construct_end(),
                        ]
                        // The last parameter but one says what is imported: the curve and a public key.
                        return EVP_PKEY_fromdata_init(context) == 1
                            && EVP_PKEY_fromdata(context, &key, 0x86, &parameters) == 1
                    }
                }
            }
        }
        return isRead ? key.map(SM2Peer.init) : nil
    }

    /// The point, compressed.
    var publicKey: InlineBytes<33> {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(key, &bytes)
        defer { CRYPTO_free(bytes, nil, 0) }
        let point = Array(UnsafeBufferPointer(start: bytes, count: count))
        precondition(point.count == 65, "OpenSSL gives the point uncompressed")
        let compressed = [2 + point[64] & 1] + point[1...32]
        return InlineBytes(copying: compressed.span, at: 0)
    }

    func sign(_ e: Digest) -> Signature? {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: 128)
        var count = output.count
        guard EVP_PKEY_sign_init(context) == 1, EVP_PKEY_sign(context, &output, &count, e.bytes, 32) == 1
        else { return nil }
        return Self.signature(der: output)
    }

    func isValid(_ e: Digest, _ signature: Signature) -> Bool {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        let der = Self.der(signature)
        return EVP_PKEY_verify_init(context) == 1 && EVP_PKEY_verify(context, der, der.count, e.bytes, 32) == 1
    }

    static func isValid(e: Digest, publicKey: InlineBytes<33>, signature: Signature) -> Bool {
        reading(publicKey.bytes)?.isValid(e, signature) ?? false
    }

    static func sm3(_ bytes: Span<UInt8>) -> Digest {
        let input = bytes.indices.map { bytes[$0] }
        var output = [UInt8](repeating: 0, count: 32)
        var count = 32
        precondition(EVP_Q_digest(nil, "SM3", nil, input, input.count, &output, &count) == 1 && count == 32)
        return Digest(copying: output.span, at: 0)
    }

    // MARK: DER

    private static func der(_ signature: Signature) -> [UInt8] {
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var digits = Array(bytes.drop { $0 == 0 })
            if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
            return [2, UInt8(digits.count)] + digits
        }
        let body = integer(signature.bytes[..<32]) + integer(signature.bytes[32...])
        return [0x30, UInt8(body.count)] + body
    }

    private static func signature(der: [UInt8]) -> Signature? {
        let rCount = Int(der[3])
        let r = der[4..<4 + rCount]
        let s = der[(6 + rCount)...].prefix(Int(der[5 + rCount]))
        func padded(_ digits: ArraySlice<UInt8>) -> [UInt8] {
            let digits = digits.suffix(32)
            return [UInt8](repeating: 0, count: 32 - digits.count) + digits
        }
        return Signature(padded(r) + padded(s))
    }
}
