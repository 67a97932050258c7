internal import Contracts
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// The chain of some replicas: who they are, by which keys they sign, and what they are asked for.
struct ReplicaChain: Sendable {
    static let group: GroupIdentifier = 3
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    /// The node that lies.
    static let liar = 3
    private static let suite = Suite.international
    private static let client = StandInKeys.key(31)

    let genesis: Genesis
    let directory: NodeDirectory

    /// Four nodes order from the beginning; others follow. Each has a second key.
    private init(nodeCount: Int, executionVersion: UInt32) {
        directory = NodeDirectory(
            keys: (0..<nodeCount).map { [StandInKeys.key($0 + 1), StandInKeys.key($0 + 11)] })
        let orderers = (0..<4).map { StandInKeys.key($0 + 1) }
        var limits = ChainLimits()
        limits.blockTransactionCountMax = 2
        limits.duplicateWindowCountMax = 4096
        genesis = Genesis(
            name: "fuzz", suite: Self.suite, group: Self.group, time: Self.start, faultModels: [.crash, .byzantine],
            epoch: EpochConfiguration(
                number: 0, engine: .fbft, verification: .all, orderers: orderers, certifiers: orderers),
            executionVersion: executionVersion, limits: limits)
    }

    /// Four nodes, and no contract that would end the epoch.
    static let ofOneEpoch = ReplicaChain(nodeCount: 4, executionVersion: 1)
    /// Four nodes, a fifth that follows at first, and the contract for epochs.
    static let ofEpochs = ReplicaChain(nodeCount: 5, executionVersion: 2)

    var nodeCount: Int { directory.count }

    // MARK: What is asked for

    /// A transaction of the one client, as good as it gets: what it does is not the point.
    func work(_ salt: UInt64, expiry: Timestamp) -> SignedTransaction? {
        transaction(
            Assets.address, "create", [UInt8(truncatingIfNeeded: salt)], by: Self.client, salt, expiry)
    }

    func vote(for next: EpochConfiguration, by voter: PublicKey, _ salt: UInt64, expiry: Timestamp)
        -> SignedTransaction?
    {
        transaction(Epochs.address, "change", next.canonicalBytes, by: voter, salt, expiry)
    }

    private func transaction(
        _ contract: Address, _ method: String, _ arguments: [UInt8], by key: PublicKey, _ salt: UInt64,
        _ expiry: Timestamp
    ) -> SignedTransaction? {
        guard let sender = key.address(in: Self.suite) else { return nil }
        let transaction = Transaction(
            genesis: genesis.terms.genesis, group: Self.group, sender: sender, contract: contract, method: method,
            arguments: arguments, salt: salt, expiry: expiry, gasLimit: 1_000_000)
        let identity = transaction.identity(in: Self.suite)
        return SignedTransaction(
            transaction: transaction,
            signatures: [
                AccountSignature(signer: 0, publicKey: key, signature: StandInKeys.signature(identity, by: key))
            ],
            identity: identity)
    }

    // MARK: Epochs

    /// So that the liar is one of four at least, or none of them.
    private static let byzantineMembers = [
        [0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 3, 4], [1, 2, 3, 4], [4, 3, 1, 0],
    ]
    private static let honestMembers = [[0, 1, 2], [0, 1, 2, 4], [4, 2, 0]]

    /// An epoch that may follow another one: other members, another engine, other keys or another order.
    func next(after epoch: EpochConfiguration, choice: UInt8, details: UInt8) -> EpochConfiguration {
        let engine: EngineKind = [.fbft, .pbft, .raft, .fbft][Int(choice % 4)]
        let table = engine == .raft ? Self.honestMembers : Self.byzantineMembers
        let members = table[Int(choice / 4) % table.count]
        let orderers = members.enumerated().map { place, node in
            let own = directory.keysByNode[node]
            let used = own.firstIndex { epoch.orderers.contains($0) } ?? 0
            return own[Int(details % 8) == place + 1 ? 1 - used : used]
        }
        let isShared = details & 8 != 0 && engine != .raft
        let shift = details & 16 != 0 && !isShared ? 1 : 0
        return EpochConfiguration(
            number: epoch.number + 1, engine: engine, verification: isShared ? .shared : .all, orderers: orderers,
            certifiers: orderers.indices.map { orderers[($0 + shift) % orderers.count] })
    }
}
