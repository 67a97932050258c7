internal import COpenSSL
package import Primitives

/// SHA-384 and SHA-512 (FIPS 180-4) by OpenSSL: for certificates and contracts, not for the ledger.
package enum SHA384 {
    package static func hash(_ bytes: [UInt8]) -> InlineBytes<48> { hashLong(bytes, .sha384) }
}

package enum SHA512 {
    package static func hash(_ bytes: [UInt8]) -> InlineBytes<64> { hashLong(bytes, .sha512) }
}

private func hashLong<let count: Int>(_ bytes: [UInt8], _ algorithm: OpenSSLAlgorithm) -> InlineBytes<count> {
    var output = InlineBytes<count>(repeating: 0)
    var written: UInt32 = 0
    let isDone = output.storage.withMutablePointer {
        EVP_Digest(bytes, bytes.count, $0, &written, algorithm.pointer, nil) == 1
    }
    precondition(isDone && written == count, "OpenSSL found no memory for a hash")
    return output
}
