package import Primitives

/// A key that a token keeps: where to find it, and what it is called.
package struct TokenKey: Hashable, Sendable {
    /// The token's own name of a key: for PKCS #11, the attribute CKA_ID.
    package struct Handle: Hashable, Sendable {
        package let bytes: [UInt8]
        package init(bytes: [UInt8]) { self.bytes = bytes }
    }

    package let handle: Handle
    /// What people call it.
    package let label: String
    package let publicKey: PublicKey

    package init(handle: Handle, label: String, publicKey: PublicKey) {
        self.handle = handle
        self.label = label
        self.publicKey = publicKey
    }
}

/// What a hardware token does for us. It makes keys and signs with them; there is no way to get one out.
///
/// Calls come from any thread.
package protocol KeyToken: Sendable {
    /// The keys on the token, in the order of their labels.
    func keys() throws(KeyError) -> [TokenKey]

    /// Makes a key inside the token. Throws if the label is taken or the token lacks the scheme.
    func generate(_ scheme: SignatureScheme, label: String) throws(KeyError) -> TokenKey

    /// Signs with a key that the token holds. The signature follows the scheme's rule here (low s for secp256k1).
    func sign(_ digest: Digest, with handle: TokenKey.Handle) throws(KeyError) -> Signature
}

/// A key on a token, used as any other signing key.
package struct TokenSigningKey: SigningKey {
    private let token: any KeyToken
    private let key: TokenKey

    /// The key of that label. Throws if the token has none or more than one.
    package init(token: any KeyToken, label: String) throws(KeyError) {
        let found = try token.keys().filter { $0.label == label }
        guard let key = found.first, found.count == 1 else {
            throw KeyError(
                found.isEmpty ? .notFound : .token,
                "the token holds \(found.count) keys with the label \"\(label)\"; it must be exactly one")
        }
        self.token = token
        self.key = key
    }

    package var publicKey: PublicKey { key.publicKey }

    package func sign(_ digest: Digest) throws(KeyError) -> Signature { try token.sign(digest, with: key.handle) }
}
