package import Cryptography
package import Primitives

/// Which end of a connection one is: who has called, or who was called.
package enum PeerSide: UInt8, Sendable {
    case initiator = 1
    case responder = 2

    package var other: PeerSide { self == .initiator ? .responder : .initiator }
}

/// How a peer shows that it is who its certificate names.
package enum PeerProof: Hashable, Sendable {
    /// TLS has proven that it has the key of its first certificate.
    case transport
    /// A signature of this digest, which only this connection has.
    case signature(Signature, of: Digest)

    /// What an end signs: a value that only the two ends of the channel know (RFC 8446, section 7.5), its side, so that
    /// nobody can give a signature back to who made it, and both hellos.
    ///
    /// Whoever stands between two nodes has two channels, with different values, and so can't pass signatures on.
    static func digest(
        _ suite: Suite, channel: [UInt8], signer: PeerSide, initiator: [UInt8], responder: [UInt8]
    ) -> Digest {
        var encoder = CanonicalEncoder()
        encoder.encode("cairn/1 peer proof")
        encoder.encode(signer.rawValue)
        encoder.encode(bytes: channel)
        encoder.encode(suite.hash(initiator))
        encoder.encode(suite.hash(responder))
        return suite.hash(encoder.bytes)
    }

    /// The label and the length of the channel's value.
    static let exporterLabel = "EXPORTER-Cairn-peer-proof"
    static let exporterBytes = 32
}

/// A node that has been let in.
package struct PeerIdentity: Hashable, Sendable {
    /// By which the chain's list of nodes knows it.
    package let number: UInt32
    /// The key of its certificate.
    package let key: PublicKey
    /// For operators.
    package let name: String

    package init(number: UInt32, key: PublicKey, name: String) {
        (self.number, self.key, self.name) = (number, key, name)
    }
}

/// Decides whether whoever shows a chain of certificates (in DER, its own first) is a node of ours: whether the chain
/// is to be believed, and whether its node is on the list. On the loop's thread; it must not wait.
///
/// That the node has the key of the certificate is seen to by the handshake: by TLS, or else by the proof, which is
/// checked with the key of the identity that is given back.
package typealias PeerAdmission =
    (_ chain: [[UInt8]], _ proof: PeerProof) -> Result<PeerIdentity, NotAdmitted>

/// An admission's refusal, as an error.
package struct NotAdmitted: Error, Hashable, Sendable {
    package let reason: AdmissionRefusal
    package init(_ reason: AdmissionRefusal) { self.reason = reason }
}
