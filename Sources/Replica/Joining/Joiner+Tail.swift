internal import Cryptography
internal import Ledger
internal import Primitives

/// How far the blocks before the state have come.
struct TailProgress: Sendable {
    var tail: SnapshotTail
    var blockCount = 0
    /// What a peer gave, while an epoch is being looked up for it.
    var waiting: (answer: FetchedTail, node: UInt32, epoch: UInt64)?
    /// Whether blocks are being verified, or kept.
    var isVerifying = false
    var isKeeping = false
    /// Epochs before the first one that is known, as the state has them.
    var earlier: [EpochConfiguration] = []

    init(certified statement: ResultStatement, genesis: Genesis) {
        tail = SnapshotTail(certified: statement, genesis: genesis)
    }

    var isBusy: Bool { waiting != nil || isVerifying || isKeeping }
}

/// Blocks that follow each other backwards, and where the tail stands with them.
struct TailPart: Sendable {
    var tail: SnapshotTail
    var blocks: [CommittedBlock] = []
    var checks: [SignatureCheck] = []
}

// The blocks before the state.
extension Joiner {
    /// Why a part of a tail can't be taken.
    private enum TailRefusal: Error {
        case fault(JoinerFault)
        /// It must be looked up first.
        case unknownEpoch(UInt64)
    }

    /// Asks one peer at a time: whoever was asked the longest ago, or never.
    mutating func askForTail() {
        guard !isEnded, let progress = attempt?.tail, !progress.isBusy, let height = progress.tail.wantedHeight,
            !peers.contains(where: { $0.tail.askedAt != nil })
        else { return }
        let due = usable.filter { peers[Int($0)].tail.isDue(at: now) }
        let next = due.min { left, right in
            (peers[Int(left)].tail.lastAt, left) < (peers[Int(right)].tail.lastAt, right)
        }
        guard let next else { return }
        peers[Int(next)].tail.ask(at: now)
        send(.fetchTail(from: height), to: next)
    }

    mutating func take(_ answer: FetchedTail, from node: UInt32) {
        guard let progress = attempt?.tail, peers[Int(node)].tail.askedAt != nil, !progress.isBusy,
            progress.tail.wantedHeight == answer.height
        else { return }
        // Who has none is asked again after a while.
        guard !answer.blocks.isEmpty else { return peers[Int(node)].tail.answer(at: now) }
        peers[Int(node)].tail.answer(at: now, againAfterMilliseconds: 0)
        examine(answer, from: node)
    }

    private mutating func examine(_ answer: FetchedTail, from node: UInt32) {
        guard let attempt, let progress = attempt.tail else { return }
        do throws(TailRefusal) {
            let part = try part(of: answer, after: progress, attempt.certificate)
            guard !part.checks.isEmpty else { return keep(part) }
            self.attempt?.tail?.isVerifying = true
            verify(part.checks, .tail(part, from: node, attempt: attempt.number))
        } catch {
            switch error {
            case .fault(let fault): refuse(node, fault)
            case .unknownEpoch(let number):
                self.attempt?.tail?.waiting = (answer, node, number)
                effects.append(.readEpoch(attempt: attempt.number, number))
            }
        }
    }

    /// What blocks are if they follow, and what must be verified for their certificates to count.
    private func part(
        of answer: FetchedTail, after progress: TailProgress, _ certificate: BlockCertificate
    ) throws(TailRefusal) -> TailPart {
        var part = TailPart(tail: progress.tail)
        for block in answer.blocks where part.tail.wantedHeight != nil {
            let isFirst = part.tail.head == nil
            part.blocks.append(try take(block, isFirst ? certificate : nil, into: &part.tail))
            if !isFirst { part.checks += try checks(of: block.block.certificate, progress.earlier) }
            if plant == .forgetsWindow { break }
        }
        return part
    }

    private func take(
        _ block: TailBlock, _ verified: BlockCertificate?, into tail: inout SnapshotTail
    ) throws(TailRefusal) -> CommittedBlock {
        var certified: CertifiedBlock
        do throws(CodingError) { certified = try block.certified(in: chain.suite) } catch {
            throw .fault(.malformed(error))
        }
        if let verified {
            guard certified.certificate.statement == verified.statement else {
                throw .fault(.otherStatement(height: verified.statement.height))
            }
            certified = CertifiedBlock(block: certified.block, receipts: certified.receipts, certificate: verified)
        }
        var writes = BlockWrites()
        for _ in certified.block.transactions { writes.endTransaction() }
        do throws(SnapshotTailFault) {
            return try tail.take(CommittedBlock(certified: certified, writes: writes))
        } catch { throw .fault(.tail(error)) }
    }

    private func checks(
        of certificate: BlockCertificate, _ earlier: [EpochConfiguration]
    ) throws(TailRefusal) -> [SignatureCheck] {
        let number = certificate.statement.epoch
        let genesis = start.genesis.epoch
        let known =
            epochs?[number] ?? earlier.first { $0.number == number } ?? (number == genesis.number ? genesis : nil)
        guard let known else { throw .unknownEpoch(number) }
        do throws(ProofError) { return try known.checks(of: certificate, on: chain) } catch {
            throw .fault(.proof(error))
        }
    }

    // MARK: What comes back

    mutating func takeEpoch(_ number: UInt64, _ configuration: EpochConfiguration?) {
        guard let waiting = attempt?.tail?.waiting, waiting.epoch == number else { return }
        guard let configuration, configuration.number == number else { return end(.failed(.unknownEpoch(number))) }
        attempt?.tail?.waiting = nil
        attempt?.tail?.earlier.append(configuration)
        examine(waiting.answer, from: waiting.node)
    }

    mutating func checked(_ part: TailPart, from node: UInt32, _ isTrue: Bool) {
        attempt?.tail?.isVerifying = false
        guard isTrue else { return refuse(node, .proof(.wrongSignature)) }
        keep(part)
    }

    private mutating func keep(_ part: TailPart) {
        guard let number = attempt?.number else { return }
        attempt?.progressAt = now
        attempt?.tail?.tail = part.tail
        attempt?.tail?.blockCount += part.blocks.count
        attempt?.tail?.isKeeping = true
        effects.append(.keep(attempt: number, part.blocks))
    }

    mutating func keptTail() {
        guard let attempt, let progress = attempt.tail, progress.isKeeping else { return }
        self.attempt?.tail?.isKeeping = false
        guard progress.tail.isComplete || plant == .forgetsWindow, let head = progress.tail.head, let epochs else {
            return
        }
        end(
            .restored(
                JoinedState(
                    certificate: attempt.certificate, head: head, epochs: epochs.configurations,
                    handOvers: handOvers)))
    }
}
