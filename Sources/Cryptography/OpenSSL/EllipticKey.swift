internal import COpenSSL
internal import Primitives

/// A key of an elliptic curve in OpenSSL's memory: a public one, or a pair.
///
/// `@unchecked Sendable`: the key never changes after its making, and OpenSSL lets several threads use it as long as
/// each has a context of its own, which every call here has. Its private half, if any, is wiped with it.
final class EllipticKey: @unchecked Sendable {
    let curve: EllipticCurve
    /// `EVP_PKEY`.
    private let pointer: OpaquePointer

    private init(_ curve: EllipticCurve, owning pointer: OpaquePointer) {
        self.curve = curve
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    /// A public key in a form of SEC 1: 33 bytes, compressed, or 65, uncompressed. Nil for every other form and for
    /// what is not a point of the curve.
    convenience init?(_ curve: EllipticCurve, publicKey bytes: Span<UInt8>) {
        let isCompressed = bytes.count == 33 && (bytes[0] == 2 || bytes[0] == 3)
        // The forms that name the point at infinity (one byte) and both x and y's parity (hybrid) are not taken.
        guard isCompressed || bytes.count == 65 && bytes[0] == 4 else { return nil }
        let key = OpenSSL.call { () -> OpaquePointer? in
            guard let key = EVP_PKEY_dup(curve.template) else { return nil }
            // The pointer lives only for the call, which reads `count` bytes and checks that they are a point.
            let isPoint = bytes.withUnsafeBufferPointer {
                EVP_PKEY_set1_encoded_public_key(key, $0.baseAddress, $0.count) == 1
            }
            if !isPoint { EVP_PKEY_free(key) }
            return isPoint ? key : nil
        }
        guard let key else { return nil }
        self.init(curve, owning: key)
    }

    /// The pair of a private key, 32 bytes, big-endian. Nil if it is zero or above the curve's largest.
    convenience init?(_ curve: EllipticCurve, scalar: GuardedBytes) {
        precondition(scalar.count == 32)
        let key = OpenSSL.call { () -> OpaquePointer? in
            guard let publicKey = Self.publicKey(of: scalar, curve) else { return nil }
            return Self.make(curve.keyType, curve.groupName, publicKey, privateKey: scalar)
        }
        guard let key else { return nil }
        self.init(curve, owning: key)
    }

    /// The point's x and y, 32 bytes each, big-endian.
    var coordinates: InlineArray<64, UInt8> {
        var output = InlineArray<64, UInt8>(repeating: 0)
        OpenSSL.call {
            output.withMutablePointer { output in
                for (name, offset) in [("qx", 0), ("qy", 32)] {
                    var number: OpaquePointer?
                    precondition(EVP_PKEY_get_bn_param(pointer, name, &number) == 1, "a point has coordinates")
                    precondition(BN_bn2binpad(number, output + offset, 32) == 32, "coordinates have 32 bytes")
                    BN_free(number)
                }
            }
        }
        return output
    }

    /// The point in compressed form (SEC 1).
    var compressed: InlineBytes<33> {
        let coordinates = coordinates
        var output = InlineBytes<33>(repeating: 2 | coordinates[63] & 1)
        for index in 0..<32 { output.storage[1 + index] = coordinates[index] }
        return output
    }
}

// MARK: - Lending

extension EllipticKey {
    /// Lends the `EVP_PKEY`, which must not be changed, nor kept without a reference of its own.
    func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(pointer) }
    }
}

// MARK: - Signatures

extension EllipticKey {
    /// Whether OpenSSL takes the signature of a hash: ECDSA, or for SM2 what GB/T 32918.2 calls e.
    func verify(_ hash: Digest, _ signature: Signature) -> Bool {
        let (hash, encoded) = (hash.inlineBytes, DERSignature.encode(signature))
        return OpenSSL.call {
            guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return false }
            defer { EVP_PKEY_CTX_free(context) }
            guard EVP_PKEY_verify_init(context) == 1 else { return false }
            return hash.withPointer { EVP_PKEY_verify(context, encoded, encoded.count, $0, 32) == 1 }
        }
    }

    /// Signs a hash, as `verify` takes it, with a random nonce of OpenSSL's. Nil if the system gave no randomness.
    func sign(_ hash: Digest) -> Signature? {
        let hash = hash.inlineBytes
        var encoded = [UInt8](repeating: 0, count: DERSignature.byteCountMax)
        let isSigned = OpenSSL.call {
            guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return false }
            defer { EVP_PKEY_CTX_free(context) }
            var count = encoded.count
            guard EVP_PKEY_sign_init(context) == 1,
                hash.withPointer({ EVP_PKEY_sign(context, &encoded, &count, $0, 32) == 1 })
            else { return false }
            encoded.removeLast(encoded.count - count)
            return true
        }
        return isSigned ? try? DERSignature.decode(encoded) : nil
    }
}

// MARK: - Making

extension EllipticKey {
    /// A new `EVP_PKEY` of a public key in uncompressed form and perhaps its private key; nil if OpenSSL refuses.
    static func make(
        _ keyType: StaticString, _ groupName: StaticString, _ publicKey: InlineBytes<65>, privateKey: GuardedBytes?
    ) -> OpaquePointer? {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, keyType.cString, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_fromdata_init(context) == 1 else { return nil }
        let group = group.parameter(groupName)
        return publicKey.storage.withPointer { bytes in
            let point = point.parameter(bytes, 65)
            guard let privateKey else {
                return take(context, cairn_openssl_public_key, [group, point, OSSL_PARAM_construct_end()])
            }
            guard let native = nativeInteger(privateKey) else { return nil }
            return native.withBytes { bytes in
                let scalar = OSSL_PARAM_construct_BN(
                    scalar.cString, UnsafeMutablePointer(mutating: bytes), native.count)
                return take(context, cairn_openssl_key_pair, [group, point, scalar, OSSL_PARAM_construct_end()])
            }
        }
    }

    // OpenSSL's names of what a key consists of.
    private static let group: StaticString = "group"
    private static let point: StaticString = "pub"
    private static let scalar: StaticString = "priv"

    private static func take(
        _ context: OpaquePointer, _ selection: Int32, _ parameters: [OSSL_PARAM]
    ) -> OpaquePointer? {
        var parameters = parameters
        var key: OpaquePointer?
        return EVP_PKEY_fromdata(context, &key, selection, &parameters) == 1 ? key : nil
    }

    /// OpenSSL takes integers in the machine's order of bytes; ours are big-endian. Nil if no memory is left.
    private static func nativeInteger(_ bigEndian: GuardedBytes) -> GuardedBytes? {
        let count = bigEndian.count
        return try? GuardedBytes(count: count) { output in
            bigEndian.withBytes { input in
                for index in 0..<count { output[index] = input[1.littleEndian == 1 ? count - 1 - index : index] }
            }
            return true
        }
    }

    /// The point of a private key, uncompressed. Nil if the key is zero or above the curve's largest.
    ///
    /// OpenSSL multiplies its generator in constant time.
    private static func publicKey(of scalar: GuardedBytes, _ curve: EllipticCurve) -> InlineBytes<65>? {
        let largest = curve.scalarMax.bigEndianInlineBytes
        guard let number = scalar.withBytes({ BN_bin2bn($0, 32, nil) }) else { return nil }
        defer { BN_clear_free(number) }
        BN_set_flags(number, BN_FLG_CONSTTIME)
        guard let maximum = largest.withPointer({ BN_bin2bn($0, 32, nil) }) else { return nil }
        defer { BN_free(maximum) }
        guard BN_is_zero(number) == 0, BN_cmp(number, maximum) <= 0, let point = EC_POINT_new(curve.group) else {
            return nil
        }
        defer { EC_POINT_free(point) }
        guard EC_POINT_mul(curve.group, point, number, nil, nil, nil) == 1 else { return nil }
        return EllipticCurve.encode(point, in: curve.group)
    }
}
