package import Ledger
package import Primitives

/// What somebody has for those who join.
package struct SnapshotOffer: Hashable, Sendable, CanonicalCodable {
    /// Up to where its log goes.
    package let loggedHeight: UInt64
    /// Nil if it has none.
    package let snapshot: OfferedSnapshot?

    package init(loggedHeight: UInt64, snapshot: OfferedSnapshot?) {
        self.loggedHeight = loggedHeight
        self.snapshot = snapshot
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(loggedHeight)
        encoder.encode(snapshot)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        loggedHeight = try decoder.decode()
        snapshot = try decoder.decodeOption()
    }
}

/// The newest snapshot that somebody has.
package struct OfferedSnapshot: Hashable, Sendable, CanonicalCodable {
    /// Of the block after which the state is as in the snapshot.
    package let certificate: BlockCertificate
    /// The digest of its manifest.
    package let manifest: Digest
    /// The lowest height of which the sender still gives manifest and chunks: who is in the midst of one below that has
    /// to look for another.
    package let oldest: UInt64

    package init(certificate: BlockCertificate, manifest: Digest, oldest: UInt64) {
        self.certificate = certificate
        self.manifest = manifest
        self.oldest = oldest
    }

    package var height: UInt64 { certificate.statement.height }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(certificate)
        encoder.encode(manifest)
        encoder.encode(oldest)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        certificate = try decoder.decode()
        manifest = try decoder.decode()
        oldest = try decoder.decode()
    }
}
