package import Cryptography
package import Primitives

/// What a certifier says after it has executed a block. A certifier never signs two of these for one height.
package struct ResultStatement: Hashable, Sendable, CanonicalCodable {
    package let genesis: Digest
    package let group: GroupIdentifier
    package let epoch: UInt64
    package let executionVersion: UInt32
    package let decision: UInt64
    package let height: UInt64
    package let blockHash: Digest
    package let stateRoot: Digest
    package let receiptsRoot: Digest
    /// The digest of the next epoch in the last block of one, else zero.
    package let nextEpoch: Digest

    package init(
        header: BlockHeader, blockHash: Digest, genesis: Digest, stateRoot: Digest, receiptsRoot: Digest,
        nextEpoch: Digest = .zero
    ) {
        self.genesis = genesis
        group = header.group
        epoch = header.epoch
        executionVersion = header.executionVersion
        decision = header.decision
        height = header.height
        self.blockHash = blockHash
        self.stateRoot = stateRoot
        self.receiptsRoot = receiptsRoot
        self.nextEpoch = nextEpoch
    }

    /// What is signed.
    package func digest(in suite: Suite) -> Digest { suite.hash(Domain.result + canonicalBytes) }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(genesis)
        encoder.encode(group)
        encoder.encode(epoch)
        encoder.encode(executionVersion)
        encoder.encode(decision)
        encoder.encode(height)
        encoder.encode(blockHash)
        encoder.encode(stateRoot)
        encoder.encode(receiptsRoot)
        encoder.encode(nextEpoch)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        genesis = try decoder.decode()
        group = try decoder.decode()
        epoch = try decoder.decode()
        executionVersion = try decoder.decode()
        decision = try decoder.decode()
        height = try decoder.decode()
        blockHash = try decoder.decode()
        stateRoot = try decoder.decode()
        receiptsRoot = try decoder.decode()
        nextEpoch = try decoder.decode()
    }
}

/// A quorum's signatures under one statement: the one thing that a light client checks.
package struct BlockCertificate: Hashable, Sendable, CanonicalCodable {
    package let statement: ResultStatement
    /// The rule by which the signatures are a quorum.
    package let rule: QuorumRule
    /// Ascending by certifier.
    package let signatures: [CertifierSignature]

    /// Joins a statement with its signatures, in whatever order they came.
    package init(statement: ResultStatement, rule: QuorumRule, signatures: [CertifierSignature]) {
        self.statement = statement
        self.rule = rule
        self.signatures = signatures.sorted { $0.certifier < $1.certifier }
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(statement)
        encoder.encode(rule)
        encoder.encode(sequence: signatures)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        statement = try decoder.decode()
        rule = try decoder.decode()
        let start = decoder.offset
        signatures = try decoder.decodeSequence(
            maximum: LedgerLimits.validatorsMax, elementByteCountMin: 4 + Signature.byteCount)
        guard signatures.map(\.certifier).isStrictlyAscending else { throw CodingError(.notAscending, at: start) }
    }
}

/// One certifier's signature, by its place in the epoch's list.
package struct CertifierSignature: Hashable, Sendable, CanonicalCodable {
    package let certifier: UInt32
    package let signature: Signature

    package init(certifier: UInt32, signature: Signature) {
        self.certifier = certifier
        self.signature = signature
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(certifier)
        encoder.encode(signature)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        certifier = try decoder.decode()
        signature = try decoder.decode()
    }
}
