internal import BenchmarkSupport
internal import COpenSSL
internal import Cryptography
internal import Primitives

/// How many SM2 signatures a core verifies, by our own arithmetic and by OpenSSL, in turns in one run.
///
/// Both start from the compressed key and the number e. For OpenSSL the figure with a key that is read already is taken
/// too, as a program may keep it.
struct SM2Benchmark {
    private struct Sample {
        let e: Digest
        let publicKey: InlineBytes<33>
        let signature: Signature
        let der: [UInt8]
        let context: OpaquePointer
    }

    private let samples: [Sample]

    /// Signs `count` numbers, each with a key of its own. Nil if OpenSSL does not know SM2.
    init?(count: Int) {
        let samples = (0..<count).compactMap { Self.sample(number: $0) }
        guard samples.count == count, count > 0 else { return nil }
        self.samples = samples
    }

    /// Verifications per second of the processor's time.
    func run(rounds: Int) -> [Figure] {
        var (ours, openSSL, openSSLWithReadKey): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0...rounds {
            let own = rate { SM2Verification.isValid(e: $0.e, publicKey: $0.publicKey, signature: $0.signature) }
            let read = rate { Self.verify($0, with: $0.context) }
            let whole = rate { sample in
                guard let context = Self.context(publicKey: sample.publicKey.bytes) else { return false }
                defer { EVP_PKEY_CTX_free(context) }
                return Self.verify(sample, with: context)
            }
            // The first round warms up.
            guard round > 0 else { continue }
            ours.append(own)
            openSSL.append(whole)
            openSSLWithReadKey.append(read)
        }
        let figures = [
            Figure("SM2, ours", ours, "verifications/s"), Figure("SM2, OpenSSL", openSSL, "verifications/s"),
            Figure("SM2, OpenSSL with keys read before", openSSLWithReadKey, "verifications/s"),
        ]
        let ratio = figures[0].median / max(figures[1].median, figures[2].median)
        return figures + [Figure("SM2, ours against the better of OpenSSL's", [ratio], "times")]
    }

    private func rate(_ isValid: (Sample) -> Bool) -> Double {
        Double(samples.count)
            / processorSeconds {
                for sample in samples { precondition(isValid(sample), "a signature by OpenSSL is valid") }
            }
    }
}

// MARK: - OpenSSL

extension SM2Benchmark {
    private static func sample(number: Int) -> Sample? {
        guard let generator = EVP_PKEY_CTX_new_from_name(nil, "SM2", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(generator) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(generator) == 1, EVP_PKEY_generate(generator, &key) == 1,
            let signer = EVP_PKEY_CTX_new_from_pkey(nil, key, nil)
        else { return nil }
        defer { EVP_PKEY_CTX_free(signer) }
        defer { EVP_PKEY_free(key) }
        let e = Digest(words: [UInt64(number) &* 0x9E37_79B9_7F4A_7C15, 1, 2, UInt64(number)])
        var der = [UInt8](repeating: 0, count: 128)
        var count = der.count
        guard EVP_PKEY_sign_init(signer) == 1, EVP_PKEY_sign(signer, &der, &count, e.bytes, 32) == 1 else { return nil }
        let publicKey = compressed(key)
        guard let context = context(publicKey: publicKey.bytes) else { return nil }
        return Sample(
            e: e, publicKey: publicKey, signature: signature(der: der), der: Array(der.prefix(count)),
            context: context)
    }

    private static func compressed(_ key: OpaquePointer?) -> InlineBytes<33> {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(key, &bytes)
        defer { CRYPTO_free(bytes, nil, 0) }
        // OpenSSL gives 65 bytes of its own, which are copied before they are freed.
        let point = Array(UnsafeBufferPointer(start: bytes, count: count))
        let compressed = [2 + point[64] & 1] + point[1...32]
        return InlineBytes(copying: compressed.span, at: 0)
    }

    /// A context that verifies with the key of a compressed point.
    private static func context(publicKey: [UInt8]) -> OpaquePointer? {
        guard let importer = EVP_PKEY_CTX_new_from_name(nil, "SM2", nil) else { return nil }
        defer { EVP_PKEY_CTX_free(importer) }
        var (name, point) = (Array("SM2".utf8CString), publicKey)
        var key: OpaquePointer?
        // The pointers live only for the call, which copies what they point to.
        let isRead = "group".withCString { groupKey in
            "pub".withCString { pointKey in
                name.withUnsafeMutableBufferPointer { name in
                    point.withUnsafeMutableBytes { point in
                        var parameters = [
                            OSSL_PARAM_construct_utf8_string(groupKey, name.baseAddress, 0),
                            OSSL_PARAM_construct_octet_string(pointKey, point.baseAddress, point.count),
                            OSSL_PARAM_construct_end(),
                        ]
                        // 0x86: the curve and a public key.
                        return EVP_PKEY_fromdata_init(importer) == 1
                            && EVP_PKEY_fromdata(importer, &key, 0x86, &parameters) == 1
                    }
                }
            }
        }
        defer { EVP_PKEY_free(key) }
        guard isRead, let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { return nil }
        guard EVP_PKEY_verify_init(context) == 1 else {
            EVP_PKEY_CTX_free(context)
            return nil
        }
        return context
    }

    private static func verify(_ sample: Sample, with context: OpaquePointer) -> Bool {
        EVP_PKEY_verify(context, sample.der, sample.der.count, sample.e.bytes, 32) == 1
    }

    /// r and s of their DER form.
    private static func signature(der: [UInt8]) -> Signature {
        let rCount = Int(der[3])
        let parts = [der[4..<4 + rCount], der[(6 + rCount)...].prefix(Int(der[5 + rCount]))]
        let bytes = parts.flatMap { part in
            let digits = part.suffix(32)
            return [UInt8](repeating: 0, count: 32 - digits.count) + digits
        }
        return Signature(copying: bytes.span, at: 0)
    }
}
