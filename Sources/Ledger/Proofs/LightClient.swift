package import Cryptography
package import Primitives

/// Checks what a chain holds from bytes alone, trusting nothing but the chain's genesis, and from epoch to epoch what a
/// quorum of the one before has signed.
package struct LightClient: Sendable {
    package let genesis: Genesis
    package let genesisDigest: Digest
    /// The weakest fault model of the certificates accepted so far.
    package private(set) var weakestFaultModel: FaultModel?
    private let verifier: any SignatureVerifier
    private var epochs: KnownEpochs

    package init(genesis: Genesis, verifier: any SignatureVerifier) {
        self.init(genesis: genesis, from: KnownEpochs(genesis: genesis), verifier: verifier)
    }

    /// From epochs on that are believed or proven, of the same chain.
    package init(genesis: Genesis, from epochs: KnownEpochs, verifier: any SignatureVerifier) {
        self.genesis = genesis
        genesisDigest = genesis.digest
        self.verifier = verifier
        self.epochs = epochs
    }

    private var suite: Suite { genesis.suite }

    /// The newest epoch that is known.
    package var epoch: EpochConfiguration { epochs.newest }

    /// Takes over the epoch that follows the newest one, which the certificate of that one's last block names. From then
    /// on those who certified before are believed about nothing later: their keys may be anybody's.
    package mutating func enter(
        _ next: EpochConfiguration, by certificate: BlockCertificate
    ) throws(ProofError) {
        try epochs.enter(next, by: try accept(certificate))
    }

    /// Accepts a statement that a quorum of the epoch's certifiers has signed, or says why not.
    package mutating func accept(_ certificate: BlockCertificate) throws(ProofError) -> ResultStatement {
        let checks = try epochs.checks(of: certificate)
        let mask = verifier.verify(checks)
        guard mask.count == checks.count, mask.allSatisfy({ $0 }) else { throw .wrongSignature }
        weakestFaultModel = min(weakestFaultModel ?? certificate.rule.model, certificate.rule.model)
        return certificate.statement
    }

    /// Checks that a header is that of the accepted block.
    package func check(_ header: BlockHeader, against statement: ResultStatement) throws(ProofError) {
        guard header.hash(in: suite) == statement.blockHash, header.height == statement.height else {
            throw .wrongHeader
        }
    }

    /// Checks that the accepted block holds a transaction, given by its bytes, and that this is its receipt.
    package func check(
        _ proof: ReceiptProof, against statement: ResultStatement
    ) throws(ProofError) {
        try check(proof.header, against: statement)
        guard proof.transactionInclusion.count == proof.header.transactionCount,
            proof.receiptInclusion.count == proof.header.transactionCount,
            proof.transactionInclusion.index == proof.receiptInclusion.index,
            proof.transactionInclusion.root(of: proof.transaction, in: suite) == proof.header.transactionsRoot,
            proof.receiptInclusion.root(of: proof.receipt.canonicalBytes, in: suite) == statement.receiptsRoot
        else { throw .notIncluded }
    }

    /// Checks that the state after the accepted block holds `value` at `key`, or nothing for nil.
    package func check(_ proof: KeyProof, against statement: ResultStatement) throws(ProofError) {
        let key = StateKey(contract: proof.contract, key: proof.key)
        let value = proof.value.map { StateKey.digest(ofValue: $0.bytes, in: suite) }
        guard proof.path.proves(value: value, at: key.path(in: suite), root: statement.stateRoot, in: suite) else {
            throw .notInState
        }
    }
}

/// Why a proof proves nothing.
package enum ProofError: Error, Hashable, Sendable {
    case malformed(CodingError)
    case wrongGenesis(Digest)
    case wrongGroup(GroupIdentifier)
    case unknownEpoch(UInt64)
    case wrongEpoch(UInt64)
    case epochNotAllowed(GenesisError)
    case notOfEpoch(UInt64, height: UInt64)
    case wrongRule
    case noQuorum
    case wrongSignature
    case wrongHeader
    case notIncluded
    case notInState
}

extension ProofError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let error): "the proof is malformed: \(error)"
        case .wrongGenesis(let digest): "the certificate is of another chain (genesis \(digest))"
        case .wrongGroup(let group): "the certificate is of group \(group)"
        case .unknownEpoch(let epoch): "the certificate is of epoch \(epoch), whose certifiers are not known"
        case .wrongEpoch(let epoch): "the certificate names another epoch \(epoch) than this one"
        case .epochNotAllowed(let error): "the next epoch may not be one of this chain: \(error)"
        case .notOfEpoch(let epoch, let height): "height \(height) is not one of epoch \(epoch)'s"
        case .wrongRule: "the certificate goes by another quorum rule than its epoch"
        case .noQuorum: "the certificate's signers are not a quorum"
        case .wrongSignature: "a signature of the certificate is wrong"
        case .wrongHeader: "the header is not that of the certified block"
        case .notIncluded: "the transaction and its receipt are not in the certified block"
        case .notInState: "the value is not what the certified state holds at the key"
        }
    }
}
