internal import Contracts
internal import Cryptography
package import Ledger
internal import Primitives
internal import Storage

/// What the verification of a ledger begins with whose log begins after the first block, as its node has joined: the
/// oldest snapshot that the node has cut, and the epoch that it was invited to.
///
/// ```
/// invitation, or genesis ──hand-overs──▶ epoch of the snapshot ──certificate──▶ state ──execution──▶ blocks after it
///                                                                  └─hashes, certificates─▶ blocks before it
/// ```
/// Nothing of the snapshot is believed but what those certifiers have signed.
package struct VerificationBase {
    private let shelf: SnapshotShelf
    private let invitation: Invitation?

    package init(_ shelf: SnapshotShelf, invitation: Invitation?) {
        (self.shelf, self.invitation) = (shelf, invitation)
    }

    /// Whether the node has joined: of the blocks before the state that it began with its log does not say what they have
    /// written, which nobody has certified.
    var hasJoined: Bool { shelf.hasJoined }

    /// Restores the state of the oldest snapshot that the log reaches into an empty store, and gives its certificate.
    func restore(
        into store: any KeyValueStore, of heights: ClosedRange<UInt64>, in suite: Suite
    ) throws(LedgerFault) -> BlockCertificate {
        guard let kept = shelf.kept.first(where: { heights.contains($0.height) }) else {
            throw LedgerFault(
                height: heights.lowerBound - 1,
                "it is not in the log, as the node has joined by a snapshot, and there is none here to begin with")
        }
        let manifest = kept.snapshot.manifest
        try LedgerFault.at(kept.height, "its snapshot") {
            var restorer = try SnapshotRestorer(
                manifest, certified: kept.certificate.statement, suite: suite, store: store)
            for index in manifest.chunks.indices {
                guard let bytes = try kept.snapshot.chunk(at: UInt32(index)) else { throw SnapshotError.incomplete }
                try restorer.put(try VerifiedChunk(bytes, index: index, of: manifest, in: suite))
            }
            try restorer.finish()
        }
        return kept.certificate
    }

    /// A light client that has come from what is believed to the epoch of the snapshot, and has accepted its certificate.
    func client(
        upTo certificate: BlockCertificate, _ genesis: Genesis, _ log: BlockLog, _ state: any StateView,
        _ verifier: any SignatureVerifier
    ) throws(LedgerFault) -> LightClient {
        let height = certificate.statement.height
        return try LedgerFault.at(height, "the epochs before its snapshot") {
            var epochs = KnownEpochs(genesis: genesis)
            if let invitation {
                let first = try Self.epoch(invitation.epoch, genesis, state)
                epochs = try KnownEpochs(genesis: genesis, first, by: invitation)
            }
            var client = LightClient(genesis: genesis, from: epochs, verifier: verifier)
            while client.epoch.number < certificate.statement.epoch {
                let number = client.epoch.number
                guard let end = try shelf.handOvers[number]?.certificate ?? log.certificate(ofEndOf: number) else {
                    throw ProofError.unknownEpoch(number + 1)
                }
                try client.enter(try Self.epoch(number + 1, genesis, state), by: end)
            }
            _ = try client.accept(certificate)
            if certificate.statement.nextEpoch != .zero {
                try client.enter(try Self.epoch(client.epoch.number + 1, genesis, state), by: certificate)
            }
            return client
        }
    }

    /// What the state says of an epoch.
    static func epoch(_ number: UInt64, _ genesis: Genesis, _ state: any StateView) throws -> EpochConfiguration {
        if number == genesis.epoch.number { return genesis.epoch }
        guard let bytes = try state.value(at: EpochStore.epochKey(number)) else {
            throw ProofError.unknownEpoch(number)
        }
        return try PlannedEpoch(canonicalBytes: bytes).configuration
    }
}

extension BlockSource {
    /// The certificate of the last block of an epoch that has ended; nil if that block is not there or not durable.
    package func certificate(ofEndOf epoch: UInt64) throws(BlockRecordError) -> BlockCertificate? {
        guard let heights, let durable = durableHeight, heights.contains(durable) else { return nil }
        // The epochs of heights ascend.
        var (low, high) = (heights.lowerBound, durable)
        while low < high {
            let middle = low + (high - low + 1) / 2
            guard let header = try reader(at: middle)?.header else { return nil }
            if header.epoch <= epoch { low = middle } else { high = middle - 1 }
        }
        guard let certificate = try reader(at: low)?.certificate else { return nil }
        return certificate.statement.epoch == epoch && certificate.statement.nextEpoch != .zero ? certificate : nil
    }
}

extension LedgerFault {
    /// What `body` gives, or its failure as that of a block.
    static func at<Value>(
        _ height: UInt64, _ what: String, _ body: () throws -> Value
    ) throws(LedgerFault) -> Value {
        do { return try body() } catch { throw LedgerFault(height: height, "\(what): \(error)") }
    }
}
