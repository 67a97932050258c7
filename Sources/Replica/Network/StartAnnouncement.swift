internal import Consensus
package import Cryptography
package import Ledger
package import Primitives

/// What a node says when it starts, before it signs anything else: how often it has been started, and a number of this
/// start alone. Whoever knows of another start with this incarnation or a later one has seen what this disk has not.
package struct StartAnnouncement: Hashable, Sendable, CanonicalCodable {
    /// Among the orderers.
    package let place: UInt32
    package let incarnation: UInt64
    package let nonce: UInt64
    package let signature: Signature

    package init(place: UInt32, incarnation: UInt64, nonce: UInt64, signature: Signature) {
        self.place = place
        self.incarnation = incarnation
        self.nonce = nonce
        self.signature = signature
    }

    /// What is signed.
    package static func digest(
        place: UInt32, incarnation: UInt64, nonce: UInt64, in context: Digest, suite: Suite
    ) -> Digest {
        var encoder = CanonicalEncoder(continuing: Array("cairn.start".utf8))
        encoder.encode(context)
        encoder.encode(place)
        encoder.encode(incarnation)
        encoder.encode(nonce)
        return suite.hash(encoder.bytes)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(place)
        encoder.encode(incarnation)
        encoder.encode(nonce)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        place = try decoder.decode()
        incarnation = try decoder.decode()
        nonce = try decoder.decode()
        signature = try decoder.decode()
    }
}

/// What a certifier has signed of a height. The whole statement, as it alone binds the height to the signature.
package struct SignedResult: Hashable, Sendable, CanonicalCodable {
    package let statement: ResultStatement
    package let signature: Signature

    package init(statement: ResultStatement, signature: Signature) {
        self.statement = statement
        self.signature = signature
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(statement)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        statement = try decoder.decode()
        signature = try decoder.decode()
    }
}

/// The answer of a node that has stored an announcement, or that knows of a later start.
package struct StartAnswer: Hashable, Sendable, CanonicalCodable {
    /// Of the start that it answers.
    package let nonce: UInt64
    /// The highest start of the same node under another nonce.
    package let other: StartAnnouncement?
    /// The highest of what its sender holds under that node's signature.
    package let result: SignedResult?
    package let vote: [UInt8]

    package init(nonce: UInt64, other: StartAnnouncement?, result: SignedResult?, vote: [UInt8]) {
        self.nonce = nonce
        self.other = other
        self.result = result
        self.vote = vote
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(nonce)
        encoder.encode(other)
        encoder.encode(result)
        encoder.encode(bytes: vote)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        nonce = try decoder.decode()
        other = try decoder.decodeOption(StartAnnouncement.self)
        result = try decoder.decodeOption(SignedResult.self)
        vote = try decoder.decodeBytes(maximum: ConsensusLimits.heldVoteByteCountMax)
    }
}
