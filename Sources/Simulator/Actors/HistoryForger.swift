internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// Who has the keys of epochs that have ended, and writes another history with them for somebody who joins.
struct HistoryForger {
    let chain: SimulatedChain
    let signatures: Signatures
    /// By number, those that were entered.
    let epochs: [EpochConfiguration]
    /// Of the true chain.
    let statements: [ResultStatement]

    /// What it says in place of the truth. Of epochs from `invited` on it has no keys that matter.
    func answer(_ truth: ReplicaMessage, before invited: UInt64) throws -> ReplicaMessage {
        switch truth {
        case .handOvers(let found) where found.first >= invited:
            .handOvers(FetchedHandOvers(first: found.first, configuration: usurpers(found.first), handOvers: []))
        case .handOvers(let found): .handOvers(try forged(found))
        case .offer(let offer): .offer(try forged(offer))
        default: truth
        }
    }

    /// An epoch of its own people.
    private func usurpers(_ number: UInt64) -> EpochConfiguration {
        let keys = signatures.keys.dropFirst(chain.directory.count).prefix(SimulatedChain.accountCount)
        return EpochConfiguration(
            number: number, engine: chain.genesis.epoch.engine == .solo ? .raft : chain.genesis.epoch.engine,
            verification: .all, orderers: Array(keys), certifiers: Array(keys))
    }

    /// An epoch that ended otherwise, and is followed by the usurpers'.
    private func forged(_ found: FetchedHandOvers) throws -> FetchedHandOvers {
        guard let first = found.handOvers.first, Int(found.first) < epochs.count else { return found }
        let next = usurpers(found.first + 1)
        let statement = first.certificate.statement.with(nextEpoch: next.digest(in: chain.suite))
        return FetchedHandOvers(
            first: found.first, configuration: found.configuration,
            handOvers: [HandOver(certificate: try certify(statement), next: next)])
    }

    /// A state that does not exist, of a height before the end of an epoch that has ended.
    private func forged(_ offer: SnapshotOffer) throws -> SnapshotOffer {
        guard let snapshot = offer.snapshot, let epoch = statements.last?.epoch, epoch > 0,
            let end = statements.lastIndex(where: { $0.epoch == epoch - 1 }), end > 0,
            statements[end - 1].epoch == epoch - 1
        else { return offer }
        let (truth, suite) = (statements[end - 1], chain.suite)
        let statement = truth.with(stateRoot: SynchronisationLie.root(at: truth.height, suite))
        return SnapshotOffer(
            loggedHeight: offer.loggedHeight,
            snapshot: OfferedSnapshot(
                certificate: try certify(statement),
                manifest: suite.hash(SynchronisationLie.manifest(truth.height, suite)),
                oldest: min(snapshot.oldest, truth.height)))
    }

    /// By all who certified in the statement's epoch.
    private func certify(_ statement: ResultStatement) throws -> BlockCertificate {
        let epoch = epochs[Int(statement.epoch)]
        let digest = statement.digest(in: chain.suite)
        return BlockCertificate(
            statement: statement, rule: epoch.certifierRule,
            signatures: try epoch.certifiers.enumerated().map { place, key in
                CertifierSignature(certifier: UInt32(place), signature: try signatures.sign(digest, by: key))
            })
    }
}
