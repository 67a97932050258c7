internal import COpenSSL
package import Cryptography

extension TLSIdentity {
    /// An identity of a key on P-256 that vouches for itself: where nodes are known by their keys alone, or, in the
    /// national suite, by what they sign inside the channel.
    package static func selfSigned(_ key: SoftwareKey, name: String) throws(NetworkingError) -> TLSIdentity {
        let bytes = OpenSSL.call { key.withTransportKey { certificate(of: $0, name: name) } ?? nil }
        guard let bytes else { throw .tls(.identityUnusable(reason: "no certificate can be made for the key")) }
        return try TLSIdentity(chain: [bytes], key: key)
    }

    /// In DER; valid for so long that nothing depends on it.
    private static func certificate(of key: OpaquePointer, name: String) -> [UInt8]? {
        guard let certificate = X509_new() else { return nil }
        defer { X509_free(certificate) }
        let text = Array(name.utf8.prefix(TLSLimits.certificateNameBytesMax))
        let subject = X509_get_subject_name(certificate)
        guard X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1,
            ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), "20200101000000Z") == 1,
            ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "99991231235959Z") == 1,
            X509_set_pubkey(certificate, key) == 1,
            X509_NAME_add_entry_by_txt(subject, "CN", cairn_openssl_utf8, text, Int32(text.count), -1, 0) == 1,
            X509_set_issuer_name(certificate, subject) == 1,
            X509_sign(certificate, key, EVP_sha256()) > 0
        else { return nil }
        return der(of: certificate)
    }

    /// An `X509` in DER, or nil.
    static func der(of certificate: OpaquePointer) -> [UInt8]? {
        let count = i2d_X509(certificate, nil)
        guard count > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let written = bytes.withUnsafeMutableBufferPointer { buffer in
            // It writes as many bytes as it has said just before.
            var next = buffer.baseAddress
            return i2d_X509(certificate, &next)
        }
        return written == count ? bytes : nil
    }
}
