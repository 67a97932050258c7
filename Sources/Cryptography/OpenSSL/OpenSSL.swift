internal import COpenSSL

/// What is asked of OpenSSL once and then kept: looking an algorithm up takes longer than hashing with it.
///
/// `@unchecked Sendable`: a fetched algorithm never changes and is never freed, and OpenSSL lets any thread use it.
struct OpenSSLAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer?, _ name: StaticString) {
        guard let pointer else { preconditionFailure("this OpenSSL has no \(name)") }
        self.pointer = pointer
    }

    static let sha384 = digest("SHA384")
    static let sha512 = digest("SHA512")
    static let aes128GCM = cipher("AES-128-GCM")
    static let aes256GCM = cipher("AES-256-GCM")
    static let sm4ECB = cipher("SM4-ECB")
    static let sm4CBC = cipher("SM4-CBC")
    static let sm4CTR = cipher("SM4-CTR")
    static let hmac = OpenSSLAlgorithm(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
    static let hkdf = OpenSSLAlgorithm(EVP_KDF_fetch(nil, "HKDF", nil), "HKDF")

    private static func digest(_ name: StaticString) -> OpenSSLAlgorithm {
        OpenSSLAlgorithm(EVP_MD_fetch(nil, name.cString, nil), name)
    }

    private static func cipher(_ name: StaticString) -> OpenSSLAlgorithm {
        OpenSSLAlgorithm(EVP_CIPHER_fetch(nil, name.cString, nil), name)
    }
}

package enum OpenSSL {
    /// Runs calls of the library, whose results tell all that we ask, and clears the thread's queue of errors: what
    /// stays in it would be taken for an error of the next caller's, such as a TLS connection's.
    package static func call<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        defer { ERR_clear_error() }
        return try body()
    }

    /// Whether the thread's queue holds an error.
    static var hasErrors: Bool { ERR_peek_error() != 0 }
}

extension StaticString {
    /// The text for C. It lives as long as the process.
    var cString: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }

    /// A parameter that is a text. OpenSSL only reads it, whatever its type says.
    func parameter(_ value: StaticString) -> OSSL_PARAM {
        OSSL_PARAM_construct_utf8_string(cString, UnsafeMutablePointer(mutating: value.cString), 0)
    }

    /// A parameter of bytes that are only read, and must outlive it.
    func parameter(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> OSSL_PARAM {
        OSSL_PARAM_construct_octet_string(cString, UnsafeMutablePointer(mutating: bytes), count)
    }
}
