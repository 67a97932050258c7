internal import CSecp256k1
package import Primitives

/// ECDSA on secp256k1 over a 32-byte digest, with low s, by libsecp256k1.
///
/// Keys are compressed (33 bytes, SEC 1), signatures r and s, 32 bytes each, big-endian.
package enum Secp256k1 {
    /// Whether the signature is valid for the digest and its s is at most half of the group's order.
    package static func verify(digest: Digest, publicKey: [UInt8], signature: Signature) -> Bool {
        guard publicKey.count == 33 else { return false }
        return verify(digest: digest, publicKey: InlineBytes(copying: publicKey.span, at: 0), signature)
    }

    static func verify(digest: Digest, publicKey: InlineBytes<33>, _ signature: Signature) -> Bool {
        guard var key = parse(publicKey), var parsed = parse(signature), hasLowS(parsed) else { return false }
        let bytes = digest.inlineBytes
        return bytes.withPointer {
            secp256k1_ecdsa_verify(Secp256k1Context.shared.pointer, &parsed, $0, &key) == 1
        }
    }

    /// The uncompressed coordinates x and y of a key, 64 bytes, or nil if the key is not a point.
    static func coordinates(of publicKey: InlineBytes<33>) -> InlineArray<64, UInt8>? {
        guard var key = parse(publicKey) else { return nil }
        var output = InlineArray<65, UInt8>(repeating: 0)
        var count = 65
        output.withMutablePointer {
            // It cannot fail: the room is exactly what the format takes.
            _ = secp256k1_ec_pubkey_serialize(
                Secp256k1Context.shared.pointer, $0, &count, &key, UInt32(SECP256K1_EC_UNCOMPRESSED))
        }
        return InlineArray { index in output[1 + index] }
    }

    /// A key in compressed form from any form of SEC 1, or nil if the bytes are not one.
    package static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var key = secp256k1_pubkey()
        guard secp256k1_ec_pubkey_parse(Secp256k1Context.shared.pointer, &key, bytes, bytes.count) == 1 else {
            return nil
        }
        return serialized(&key).bytes
    }

    /// A signature from its DER form, or nil unless it is strict DER with r and s below 2^256.
    ///
    /// What is out of the group's range beyond that becomes a signature that is never valid.
    package static func signature(der: [UInt8]) -> Signature? {
        var parsed = secp256k1_ecdsa_signature()
        guard secp256k1_ecdsa_signature_parse_der(Secp256k1Context.shared.pointer, &parsed, der, der.count) == 1 else {
            return nil
        }
        return compact(&parsed)
    }
}

// MARK: - The library's forms

extension Secp256k1 {
    private static func parse(_ publicKey: InlineBytes<33>) -> secp256k1_pubkey? {
        var key = secp256k1_pubkey()
        let isPoint = publicKey.storage.withPointer {
            secp256k1_ec_pubkey_parse(Secp256k1Context.shared.pointer, &key, $0, 33) == 1
        }
        return isPoint ? key : nil
    }

    /// Nil if r or s is not below the group's order.
    private static func parse(_ signature: Signature) -> secp256k1_ecdsa_signature? {
        var parsed = secp256k1_ecdsa_signature()
        let isInRange = signature.storage.withPointer {
            secp256k1_ecdsa_signature_parse_compact(Secp256k1Context.shared.pointer, &parsed, $0) == 1
        }
        return isInRange ? parsed : nil
    }

    private static func hasLowS(_ signature: secp256k1_ecdsa_signature) -> Bool {
        var copy = signature
        // One means that the signature was not normalised.
        return secp256k1_ecdsa_signature_normalize(Secp256k1Context.shared.pointer, nil, &copy) == 0
    }

    static func compact(_ signature: inout secp256k1_ecdsa_signature) -> Signature {
        var output = Signature(repeating: 0)
        output.storage.withMutablePointer {
            _ = secp256k1_ecdsa_signature_serialize_compact(
                Secp256k1Context.shared.pointer, $0, &signature)
        }
        return output
    }

    static func serialized(_ key: inout secp256k1_pubkey) -> InlineBytes<33> {
        var output = InlineBytes<33>(repeating: 0)
        var count = 33
        output.storage.withMutablePointer {
            // It cannot fail: the room is exactly what the format takes.
            _ = secp256k1_ec_pubkey_serialize(
                Secp256k1Context.shared.pointer, $0, &count, &key, UInt32(SECP256K1_EC_COMPRESSED))
        }
        return output
    }
}
