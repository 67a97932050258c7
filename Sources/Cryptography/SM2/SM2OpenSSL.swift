internal import Primitives

/// SM2 signatures by OpenSSL, which is given e and does the rest.
enum SM2OpenSSL {
    static func verify(digest: Digest, publicKey: InlineBytes<33>, signature: Signature) -> Bool {
        verify(
            message: digest.inlineBytes.span, publicKey: publicKey.storage.span, identifier: SM2.identifier, signature)
    }

    /// Checks the signature of a message of any length by a signer of any identifier.
    static func verify(
        message: Span<UInt8>, publicKey: Span<UInt8>, identifier: [UInt8], _ signature: Signature
    ) -> Bool {
        guard let key = EllipticKey(.sm2, publicKey: publicKey) else { return false }
        let identity = SM2.identity(key.coordinates, identifier: identifier)
        return key.verify(SM2.challenge(identity: identity, message: message), signature)
    }
}
