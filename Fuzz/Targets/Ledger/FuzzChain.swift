internal import Cryptography
internal import Ledger
internal import Primitives

/// A chain of one block with genuine signatures: what is made from its bytes may pass only where it says the same.
enum FuzzChain {
    private static let suite = Suite.international
    private static let certifiers = (1...3).map { TestKeys.key(UInt8($0)) }

    static let genesis = Genesis(
        name: "fuzz", suite: suite, group: 3, time: Timestamp(milliseconds: 1), faultModels: [.none],
        epoch: EpochConfiguration(
            number: 5, engine: .solo, verification: .all, orderers: certifiers.map(\.publicKey),
            certifiers: certifiers.map(\.publicKey)),
        executionVersion: 1, limits: ChainLimits())

    /// Signed transactions, as bytes.
    static let transactions: [[UInt8]] = signed.map(\.canonicalBytes)

    private static let signed: [SignedTransaction] = (0..<3).map { number in
        let key = TestKeys.key(UInt8(10 + number))
        guard let sender = key.publicKey.address(in: suite) else { preconditionFailure("the key has an address") }
        let transaction = Transaction(
            genesis: genesis.digest, group: 3, sender: sender, contract: .system(0x100), method: "transfer",
            arguments: [UInt8](repeating: 1, count: 60), salt: UInt64(number), expiry: Timestamp(milliseconds: 9000),
            gasLimit: 100_000)
        let identity = transaction.identity(in: suite)
        let signature = AccountSignature(signer: 0, publicKey: key.publicKey, signature: sign(identity, key))
        return SignedTransaction(transaction: transaction, signatures: [signature], identity: identity)
    }

    private static func sign(_ digest: Digest, _ key: SoftwareKey) -> Signature {
        guard let signature = try? key.sign(digest) else { preconditionFailure("a key in memory signs") }
        return signature
    }

    // MARK: The block

    private static let block: CertifiedBlock = {
        let receipts = signed.map {
            Receipt(transaction: $0.identity, outcome: .success([1]), gasUsed: 5, events: [])
        }
        let header = BlockHeader(
            group: 3, height: 1, parent: genesis.digest, epoch: 5, executionVersion: 1, decision: 1,
            time: Timestamp(milliseconds: 2), transactionCount: 3,
            transactionsRoot: MerkleList.root(of: signed.map(\.canonicalBytes), in: suite))
        let statement = ResultStatement(
            header: header, blockHash: header.hash(in: suite), genesis: genesis.digest, stateRoot: state.root,
            receiptsRoot: MerkleList.root(of: receipts.map(\.canonicalBytes), in: suite))
        let signatures = certifiers.enumerated().map { index, key in
            CertifierSignature(certifier: UInt32(index), signature: sign(statement.digest(in: suite), key))
        }
        return CertifiedBlock(
            block: Block(header: header, transactions: signed), receipts: receipts,
            certificate: BlockCertificate(
                statement: statement, rule: genesis.epoch.certifierRule, signatures: signatures))
    }()

    // MARK: The state

    private static let contract = Address.system(7)
    private static let values: [[UInt8]] = (0..<20).map { [$0, 1] }

    private static let state: (tree: StateTree, root: Digest) = {
        var tree = StateTree(suite: suite, cachedPagesMax: 100)
        let leaves = values.indices.map { index in
            LeafChange(
                path: StateKey(contract: contract, key: [UInt8(index)]).path(in: suite),
                value: StateKey.digest(ofValue: values[index], in: suite))
        }
        guard let root = try? tree.update(leaves.sorted { $0.path < $1.path }, from: NoPages()) else {
            preconditionFailure("an empty tree takes leaves")
        }
        return (tree, root)
    }()

    /// Keys that are there, and one that is not.
    private static let keys: [[UInt8]] = [[0], [7], [200]]

    static let proofs: [[UInt8]] = {
        var tree = state.tree
        let ofKeys: [LedgerProof.Subject] = keys.compactMap { key in
            let path = try? tree.proof(for: StateKey(contract: contract, key: key).path(in: suite), from: NoPages())
            return path.map { .key(KeyProof(contract: contract, key: key, value: value(at: key), path: $0)) }
        }
        let ofReceipts = signed.indices.map {
            LedgerProof.Subject.receipt(ReceiptProof(index: $0, of: block, suite: suite))
        }
        return (ofKeys + ofReceipts).map {
            LedgerProof(certificate: block.certificate, subject: $0).canonicalBytes
        }
    }()

    private static func value(at key: [UInt8]) -> [UInt8]? {
        key.count == 1 && Int(key[0]) < values.count ? values[Int(key[0])] : nil
    }

    /// Whether what a proof says is so.
    static func holds(_ subject: LedgerProof.Subject) -> Bool {
        switch subject {
        case .key(let proof): proof.value?.bytes == (proof.contract == contract ? value(at: proof.key) : nil)
        case .receipt(let proof):
            zip(transactions, block.receipts).contains { $0 == proof.transaction && $1 == proof.receipt }
        }
    }

    private final class NoPages: TreePageSource {
        func page(at position: TreePosition) throws(StateUnavailable) -> [UInt8]? { nil }
    }
}
