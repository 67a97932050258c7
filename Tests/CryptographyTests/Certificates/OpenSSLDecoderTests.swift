import COpenSSL
import Primitives
import TestSupport
import Testing

@testable import Cryptography

/// Our decoder against OpenSSL's, on the same bytes.
@Suite struct OpenSSLDecoderTests {
    /// Whether OpenSSL reads a certificate that takes up all of the bytes, and writes the same again.
    private func isReadAlike(_ bytes: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        return bytes.withUnsafeBufferPointer { buffer in
            // The pointers live for the calls only, which move the first behind what they have read.
            var start = buffer.baseAddress
            guard let certificate = d2i_X509(nil, &start, bytes.count) else { return false }
            defer { X509_free(certificate) }
            var output: UnsafeMutablePointer<UInt8>?
            let count = Int(i2d_X509(certificate, &output))
            defer { CRYPTO_free(output, nil, 0) }
            guard let written = output, count == bytes.count, start == buffer.baseAddress.map({ $0 + count }) else {
                return false
            }
            return UnsafeBufferPointer(start: written, count: count).elementsEqual(bytes)
        }
    }

    /// Ours is the stricter one: what it reads, OpenSSL does, too.
    @Test(arguments: CertificateAlgorithm.allCases) func whatWeReadOpenSSLReads(algorithm: CertificateAlgorithm) throws
    {
        let organisation = try Organisation(algorithm)
        let samples = [organisation.root.certificate, organisation.issuing.certificate, try organisation.issue()]
            .map(\.bytes)
        for sample in samples { #expect(isReadAlike(sample)) }
        var generator = SeededGenerator(seed: 310)
        var counts = (read: 0, refused: 0)
        for _ in 0..<30_000 {
            let bytes = generator.mutated(samples)
            guard (try? Certificate(der: bytes)) != nil else {
                counts.refused += 1
                continue
            }
            counts.read += 1
            #expect(isReadAlike(bytes), "\(bytes.hexadecimal)")
        }
        #expect(counts.read > 1_000 && counts.refused > 1_000, "\(counts)")
    }
}
