package import Primitives

extension PublicKey {
    private static let addressTag = Array("cairn.address".utf8)

    /// The account that the key alone controls.
    ///
    /// For secp256k1 it is Ethereum's under every suite: the last 20 bytes of Keccak-256 of x and y, or nil if the key
    /// is not a point. For other schemes it is the last 20 bytes of the suite's hash of "cairn.address", the scheme's
    /// number and the key.
    package func address(in suite: Suite) -> Address? {
        switch scheme {
        case .secp256k1:
            guard let coordinates = Secp256k1.coordinates(of: padded) else { return nil }
            return Address(lastBytesOf: Keccak256.hash(coordinates.span))
        case .ed25519, .p256, .sm2:
            var preimage: [UInt8] = []
            preimage.reserveCapacity(Self.addressTag.count + 1 + scheme.publicKeyByteCount)
            preimage.append(contentsOf: Self.addressTag)
            preimage.append(scheme.rawValue)
            append(to: &preimage)
            return Address(lastBytesOf: suite.hash(preimage))
        }
    }
}

extension Address {
    fileprivate init(lastBytesOf digest: Digest) { self.init(copying: digest.inlineBytes.span, at: 12) }
}
