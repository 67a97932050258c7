package import Primitives

/// From one epoch to the next: the certificate of the last block of the one, and the other, which it names.
package struct HandOver: Hashable, Sendable, CanonicalCodable {
    package let certificate: BlockCertificate
    package let next: EpochConfiguration

    package init(certificate: BlockCertificate, next: EpochConfiguration) {
        self.certificate = certificate
        self.next = next
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(certificate)
        encoder.encode(next)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        certificate = try decoder.decode()
        next = try decoder.decode()
    }
}

/// Where a newcomer is to begin: an epoch by its number and digest, from somebody whom it trusts. Nothing that those of
/// earlier epochs signed can mislead it then, as their keys may be anybody's by now.
package struct Invitation: Hashable, Sendable, CanonicalCodable {
    package static let formatVersion: UInt8 = 1

    package let epoch: UInt64
    /// Of its `EpochConfiguration`.
    package let digest: Digest

    package init(epoch: UInt64, digest: Digest) {
        self.epoch = epoch
        self.digest = digest
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(Self.formatVersion)
        encoder.encode(epoch)
        encoder.encode(digest)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let version: UInt8 = try decoder.decode()
        guard version == Self.formatVersion else {
            throw CodingError(.invalid("invitation version \(version) is not known"), at: start)
        }
        epoch = try decoder.decode()
        digest = try decoder.decode()
    }
}
