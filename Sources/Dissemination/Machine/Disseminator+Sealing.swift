internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives

/// A batch that its owner has not signed yet.
struct UnsignedBatch: Sendable {
    let header: BatchHeader
    let link: BatchLink
    let transactions: [SignedTransaction]
}

/// This node's own lane. One batch at a time is on its way, as each carries why the one before can be had; what comes in
/// meanwhile makes the next one larger.
struct OwnLane: Sendable {
    enum Stage: Sendable {
        case idle
        case signing([SignedTransaction])
        case gathering(Gathering)
    }

    struct Gathering: Sendable {
        let place: LanePlace
        /// Ascending by orderer, all of them valid.
        var signatures: [OrdererSignature] = []
        /// As they came, one of each orderer at most.
        var unchecked: [OrdererSignature] = []
        var isChecking = false
        var sentAt: Instant
        var pauseMilliseconds = DisseminationLimits.resendMilliseconds
    }

    let identifier: LaneIdentifier
    var position: UInt64 = 0
    var digest = Digest.zero
    var link = BatchLink.first
    var stage = Stage.idle

    init(_ identifier: LaneIdentifier) { self.identifier = identifier }

    var isGathering: Bool { if case .gathering = stage { true } else { false } }
}

// From the mempool to a certificate.
extension Disseminator {
    /// Puts what waits into the lane's next batch, if the one before is certified or decided.
    mutating func seal() {
        guard let own = ownLane, case .idle = own.stage, !mempool.isEmpty, own.position < Self.positionMax,
            !frontier[own.identifier].isEnded,
            own.position - min(own.position, frontier[own.identifier].position)
                < DisseminationLimits.unorderedBatchesPerLaneMax
        else { return }
        let transactions = takeTransactions()
        guard !transactions.isEmpty else { return }
        let bytes = transactions.map(\.canonicalBytes)
        let header = BatchHeader(
            context: terms.context, lane: own.identifier, position: own.position + 1, parent: own.digest,
            transactionCount: UInt32(transactions.count), byteCount: UInt64(bytes.reduce(0) { $0 + $1.count }),
            gas: transactions.reduce(0) { $0 + $1.gasLimit }, payload: Batch.payload(of: bytes, in: terms.suite))
        ownLane?.stage = .signing(transactions)
        let batch = UnsignedBatch(header: header, link: own.link, transactions: transactions)
        effects.append(.sign(token(for: .header(batch)), header.digest(in: terms.suite)))
    }

    private static let positionMax = ConsensusLimits.numberMax

    private mutating func takeTransactions() -> [SignedTransaction] {
        var (gas, byteCount, count) = (UInt64(0), UInt64(0), UInt32(0))
        let limits = terms.limits
        return mempool.take(at: now.wall) { next in
            guard next.gasLimit <= limits.blockGasMax - gas, count < limits.blockTransactionCountMax,
                count < UInt32(DisseminationLimits.batchTransactionsMax),
                byteCount + UInt64(next.byteCount)
                    <= min(limits.blockByteCountMax, UInt64(DisseminationLimits.batchByteCountMax))
            else { return false }
            gas += next.gasLimit
            byteCount += UInt64(next.byteCount)
            count += 1
            return true
        }
    }

    mutating func signed(_ unsigned: UnsignedBatch, _ signature: Signature) {
        guard var own = ownLane, case .signing = own.stage else { return }
        let batch = Batch(
            header: unsigned.header, signature: signature, link: unsigned.link,
            transactions: unsigned.transactions.map(\.canonicalBytes))
        let place = batch.header.place(in: terms.suite)
        own.position = place.position
        own.digest = place.digest
        own.stage = .gathering(OwnLane.Gathering(place: place, sentAt: now.monotonic))
        ownLane = own
        send(.batch(batch), to: nil)
        var held = HeldBatch(batch, terms.check)
        // They were checked at the door.
        held.validity = .known(Array(repeating: true, count: held.transactions.count))
        store(held, place, isAcknowledged: true)
        if hasOffer { effects.append(.offer) }
    }

    /// Takes in that an orderer holds the batch on its way.
    mutating func acknowledge(_ place: LanePlace, _ signature: Signature, by orderer: UInt32) {
        guard case .gathering(var gathering)? = ownLane?.stage, gathering.place == place,
            !(gathering.signatures + gathering.unchecked).contains(where: { $0.orderer == orderer })
        else { return }
        gathering.unchecked.append(OrdererSignature(orderer: orderer, signature: signature))
        ownLane?.stage = .gathering(gathering)
        checkAcknowledgements()
    }

    /// Checks what came once it may be enough.
    private mutating func checkAcknowledgements() {
        guard case .gathering(var gathering)? = ownLane?.stage, !gathering.isChecking else { return }
        let all = (gathering.signatures + gathering.unchecked).map(\.orderer)
        guard !gathering.unchecked.isEmpty, terms.certificateRule.isAvailable(SignerSet(all)) else { return }
        let digest = BatchCertificate.digest(of: gathering.place, in: terms.context, suite: terms.suite)
        let checks = gathering.unchecked.map {
            SignatureCheck(
                publicKey: terms.orderers[Int($0.orderer)], digest: digest, signature: $0.signature)
        }
        let token = token(for: .acknowledgements(gathering.place, gathering.unchecked))
        gathering.isChecking = true
        gathering.unchecked = []
        ownLane?.stage = .gathering(gathering)
        effects.append(.verify(token, checks))
    }

    mutating func checked(_ signatures: [OrdererSignature], of place: LanePlace, _ mask: [Bool]) {
        guard case .gathering(var gathering)? = ownLane?.stage, gathering.place == place else { return }
        // Who acknowledged again while the first was being checked is there once.
        for (index, signature) in signatures.enumerated()
        where !gathering.signatures.contains(where: { $0.orderer == signature.orderer }) {
            if index < mask.count, mask[index] {
                gathering.signatures.append(signature)
            } else {
                refuse(signature.orderer, .wrongSignature)
            }
        }
        gathering.signatures.sort { $0.orderer < $1.orderer }
        gathering.isChecking = false
        ownLane?.stage = .gathering(gathering)
        guard terms.certificateRule.isAvailable(SignerSet(ascending: gathering.signatures.map(\.orderer))) else {
            return checkAcknowledgements()
        }
        certify(BatchCertificate(place: place, signatures: gathering.signatures))
    }

    private mutating func certify(_ certificate: BatchCertificate) {
        ownLane?.stage = .idle
        ownLane?.link = .certified(certificate)
        learn(certificate)
        // The next batch would tell of it; if there is none yet, a message does.
        if mempool.isEmpty { send(.tip(certificate), to: nil) }
    }

    /// The own batch on its way was decided in-line: the next one need not wait for its certificate.
    mutating func ownBatchDecided(_ place: LanePlace, in decision: UInt64) {
        guard let own = ownLane, own.identifier == place.lane, own.digest == place.digest else { return }
        if case .gathering = own.stage { ownLane?.stage = .idle } else if case .certified = own.link { return }
        ownLane?.link = .decided(decision)
    }

    /// Sends the batch on its way again to those who have not acknowledged it.
    mutating func resend() {
        guard case .gathering(var gathering)? = ownLane?.stage,
            isDue(gathering.sentAt, afterMilliseconds: gathering.pauseMilliseconds),
            let batch = batches[gathering.place.digest]?.batch
        else { return }
        gathering.sentAt = now.monotonic
        gathering.pauseMilliseconds = min(
            2 * gathering.pauseMilliseconds, DisseminationLimits.resendMillisecondsMax)
        ownLane?.stage = .gathering(gathering)
        let heard = (gathering.signatures + gathering.unchecked).map(\.orderer)
        for peer in 0..<UInt32(terms.count) where !heard.contains(peer) { send(.batch(batch), to: peer) }
    }
}
