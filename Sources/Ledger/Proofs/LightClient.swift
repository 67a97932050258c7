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
    /// The epochs that are known, from the first one on.
    private var epochs: [KnownEpoch]

    private struct KnownEpoch: Sendable {
        let configuration: EpochConfiguration
        /// The height of its last block; nil as long as it may go on.
        var end: UInt64?
    }

    package init(genesis: Genesis, verifier: any SignatureVerifier) {
        self.genesis = genesis
        genesisDigest = genesis.digest
        self.verifier = verifier
        epochs = [KnownEpoch(configuration: genesis.epoch)]
    }

    private var suite: Suite { genesis.suite }

    /// The newest epoch that is known.
    package var epoch: EpochConfiguration { epochs[epochs.count - 1].configuration }

    /// Takes over the epoch that follows the newest one, which the certificate of that one's last block names. From then
    /// on those who certified before are believed about nothing later: their keys may be anybody's.
    package mutating func enter(
        _ next: EpochConfiguration, by certificate: BlockCertificate
    ) throws(ProofError) {
        let statement = try accept(certificate)
        guard statement.epoch == epoch.number, next.number > 0, next.number - 1 == epoch.number else {
            throw .unknownEpoch(next.number)
        }
        guard statement.nextEpoch == next.digest(in: suite) else { throw .wrongEpoch(next.number) }
        do throws(GenesisError) { try next.check(in: suite, allowed: genesis.faultModels) } catch {
            throw .epochNotAllowed(error)
        }
        epochs[epochs.count - 1].end = statement.height
        epochs.append(KnownEpoch(configuration: next))
    }

    /// Accepts a statement that a quorum of the epoch's certifiers has signed, or says why not.
    package mutating func accept(_ certificate: BlockCertificate) throws(ProofError) -> ResultStatement {
        let statement = certificate.statement
        guard statement.genesis == genesisDigest else { throw .wrongGenesis(statement.genesis) }
        guard statement.group == genesis.group else { throw .wrongGroup(statement.group) }
        guard let place = epochs.firstIndex(where: { $0.configuration.number == statement.epoch }) else {
            throw .unknownEpoch(statement.epoch)
        }
        guard statement.height <= epochs[place].end ?? .max,
            place == 0 || statement.height > epochs[place - 1].end ?? .max
        else { throw .notOfEpoch(statement.epoch, height: statement.height) }
        let epoch = epochs[place].configuration
        guard certificate.rule == epoch.certifierRule else { throw .wrongRule }
        let signers = SignerSet(certificate.signatures.map(\.certifier))
        guard certificate.rule.isQuorum(signers) else { throw .noQuorum }
        let certifiers = epoch.certifiers
        guard certificate.signatures.allSatisfy({ Int($0.certifier) < certifiers.count }) else { throw .noQuorum }
        let digest = statement.digest(in: suite)
        let mask = verifier.verify(
            certificate.signatures.map {
                SignatureCheck(
                    publicKey: certifiers[Int($0.certifier)], digest: digest, signature: $0.signature)
            })
        guard mask.count == certificate.signatures.count, mask.allSatisfy({ $0 }) else { throw .wrongSignature }
        weakestFaultModel = min(weakestFaultModel ?? certificate.rule.model, certificate.rule.model)
        return statement
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
