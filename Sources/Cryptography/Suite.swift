package import Primitives
internal import COpenSSL

/// The ciphers of a chain, fixed at genesis.
package enum Suite: UInt8, Sendable, CaseIterable {
    /// SHA-256; Ed25519, secp256k1.
    case international = 1

    /// The suite's hash of `bytes`.
    package func hash(_ bytes: [UInt8]) -> Digest {
        var output = [UInt8](repeating: 0, count: 32)
        _ = bytes.withUnsafeBufferPointer { SHA256($0.baseAddress, $0.count, &output) }
        return Digest(copying: output.span, at: 0)
    }

    /// The suite's hash of `tag` followed by two digests: leaves and inner nodes of trees.
    package func hash(tag: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        var bytes: [UInt8] = [tag]
        left.append(to: &bytes)
        right.append(to: &bytes)
        return hash(bytes)
    }
}
