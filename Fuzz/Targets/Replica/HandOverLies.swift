internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// What the liar says of epochs, by bytes.
struct HandOverLie {
    static let kindCount: UInt8 = 8

    let kind: UInt8
    let receiver: UInt8
    /// Of what it is made.
    let place: UInt8
    let amount: UInt8
    /// How that is changed.
    let change: UInt8

    init(_ input: inout FuzzInput) {
        (kind, receiver, place) = (input.byte() % Self.kindCount, input.byte(), input.byte())
        (amount, change) = (input.byte(), input.byte())
    }
}

extension ReplicaWorld {
    func lie(_ lie: HandOverLie) throws(FuzzFailure) {
        let number = node(lie.receiver)
        let epoch = nodes[number].epoch
        guard let message = try message(lie, to: nodes[number]) else { return }
        // Of the receiver's own epoch, or of another one.
        let said = lie.kind == 0 ? epoch.number &+ UInt64(lie.amount % 4) &- 1 : epoch.number
        try self.lie(EpochMessage(epoch: said, message: message).canonicalBytes, to: number)
    }

    private func message(_ lie: HandOverLie, to receiver: ReplicaNode) throws(FuzzFailure) -> ReplicaMessage? {
        let height = UInt64(lie.place) % UInt64(blocks.count + 2)
        switch lie.kind {
        case 0:
            guard !mail.isEmpty else { return nil }
            return (try? EpochMessage(canonicalBytes: mail[Int(lie.place) % mail.count].bytes))?.message
        case 1:
            guard !blocks.isEmpty else { return nil }
            note("the liar forges the end of an epoch")
            let certificate = blocks[Int(lie.place) % blocks.count].certificate
            return .epochEnd(changed(certificate, lie, to: receiver.epoch))
        case 2: return start(lie, in: receiver.epoch)
        case 3: return .fetchBlocks(from: lie.change < 200 ? height : .max - UInt64(lie.amount))
        case 4: return .fetchDecisions(from: lie.change < 200 ? height : .max - UInt64(lie.amount))
        case 5: return forgedBlocks(lie, to: receiver)
        case 6:
            let digest = lie.change == 0 ? Digest.zero : receiver.epoch.digest(in: chain.genesis.suite)
            return .result(
                OwnResult(height: height, digest: digest, signature: sign(digest, in: receiver.epoch)),
                isRepeated: lie.amount % 2 == 0)
        default: return answer(lie, to: receiver)
        }
    }

    /// By the key that the liar has in an epoch, or else by its first.
    private func sign(_ digest: Digest, in epoch: EpochConfiguration) -> Signature {
        StandInKeys.signature(digest, by: key(in: epoch))
    }

    private func key(in epoch: EpochConfiguration) -> PublicKey {
        let own = chain.directory.keysByNode[Self.liar]
        return own.first { epoch.orderers.contains($0) } ?? own[0]
    }

    // MARK: Certificates and blocks

    private func changed(
        _ certificate: BlockCertificate, _ lie: HandOverLie, to epoch: EpochConfiguration
    ) -> BlockCertificate {
        var (statement, signatures) = (certificate.statement, certificate.signatures)
        let next = chain.next(after: epoch, choice: lie.amount, details: 0).digest(in: chain.genesis.suite)
        switch lie.change / 5 % 6 {
        case 1: statement = statement.changed(epoch: epoch.number, nextEpoch: next)
        case 2: statement = statement.changed(epoch: epoch.number)
        case 3: signatures.removeLast(signatures.count - 1)
        case 4:
            signatures[0] = CertifierSignature(
                certifier: signatures[0].certifier, signature: signatures[signatures.count - 1].signature)
        case 5:
            // Of a decision that is yet to come, as if all had signed what it has signed alone.
            let decision = statement.decision &+ UInt64(lie.amount)
            return self.certificate(
                statement.changed(epoch: epoch.number, nextEpoch: next, decision: decision), in: epoch)
        default: break
        }
        return BlockCertificate(statement: statement, rule: certificate.rule, signatures: signatures)
    }

    private func forgedBlocks(_ lie: HandOverLie, to receiver: ReplicaNode) -> ReplicaMessage? {
        // What it was asked for, if it was.
        let asked = said.joined().reversed().lazy.filter { $0.to == Self.liar && $0.from == receiver.number }
            .compactMap { (try? EpochMessage(canonicalBytes: $0.bytes))?.message }
        let first =
            asked.compactMap { if case .fetchBlocks(let first) = $0 { Int(first) - 1 } else { nil } }.first
            ?? Int(lie.place)
        guard first >= 0, first <= blocks.count else { return nil }
        note("the liar forges blocks")
        let epoch = receiver.epoch
        var given = blocks[first...].prefix(4).map { FetchedBlock($0) }
        if given.isEmpty, let made = block(lie, in: epoch) { given = [made] }
        guard !given.isEmpty else { return nil }
        let (block, place) = (given[0], Int(lie.amount) % given.count)
        switch lie.change % 5 {
        case 1: given.swapAt(0, place)
        case 2: given[0] = FetchedBlock(header: block.header, transactions: [], certificate: block.certificate)
        case 3:
            given[0] = FetchedBlock(
                header: block.header, transactions: block.transactions,
                certificate: changed(block.certificate, lie, to: epoch))
        case 4:
            given[0] = FetchedBlock(
                header: given[place].header, transactions: block.transactions, certificate: block.certificate)
        default: break
        }
        let last: UInt64 = lie.amount < 128 ? UInt64(blocks.count) : .max
        return .blocks(FetchedBlocks(first: UInt64(first + 1), last: last, blocks: given))
    }

    /// A block that could follow the newest one, as if all had signed what the liar has signed alone.
    private func block(_ lie: HandOverLie, in epoch: EpochConfiguration) -> FetchedBlock? {
        guard let last = blocks.last?.certificate.statement else { return nil }
        let suite = chain.genesis.suite
        let root = MerkleList.root(of: [], in: suite)
        let header = BlockHeader(
            group: ReplicaChain.group, height: last.height + 1, parent: last.blockHash, epoch: epoch.number,
            executionVersion: last.executionVersion, decision: last.decision + 1,
            time: Timestamp(milliseconds: ReplicaChain.start.milliseconds + milliseconds), transactionCount: 0,
            transactionsRoot: root)
        let statement = ResultStatement(
            header: header, blockHash: header.hash(in: suite), genesis: last.genesis, stateRoot: last.stateRoot,
            receiptsRoot: root)
        return FetchedBlock(header: header, transactions: [], certificate: certificate(statement, in: epoch))
    }

    private func certificate(_ statement: ResultStatement, in epoch: EpochConfiguration) -> BlockCertificate {
        let signature = sign(statement.digest(in: chain.genesis.suite), in: epoch)
        let signatures = epoch.certifiers.indices.map {
            CertifierSignature(certifier: UInt32($0), signature: signature)
        }
        return BlockCertificate(statement: statement, rule: epoch.certifierRule, signatures: signatures)
    }

    // MARK: Starts

    private func start(_ lie: HandOverLie, in epoch: EpochConfiguration) -> ReplicaMessage {
        note("the liar forges a start")
        let own = epoch.orderers.firstIndex(of: key(in: epoch)) ?? 0
        let place = UInt32(lie.change < 128 ? own : Int(lie.place) % epoch.orderers.count)
        let (incarnation, nonce) = (UInt64(lie.amount), UInt64(lie.place))
        let digest = StartAnnouncement.digest(
            place: place, incarnation: incarnation, nonce: nonce,
            in: NetworkReplica.context(of: epoch.number, on: chain.genesis), suite: chain.genesis.suite)
        return .starting(
            StartAnnouncement(
                place: place, incarnation: incarnation, nonce: nonce, signature: sign(digest, in: epoch)))
    }

    /// To who starts: another start of its own, and a result that it has signed, as if it had forgotten them.
    private func answer(_ lie: HandOverLie, to receiver: ReplicaNode) -> ReplicaMessage? {
        let all = said.joined().filter { $0.from == receiver.number }.compactMap { envelope in
            (try? EpochMessage(canonicalBytes: envelope.bytes))?.message
        }
        let starts = all.compactMap { if case .starting(let start) = $0 { start } else { nil } }
        guard let last = starts.last else { return nil }
        note("the liar answers a start with what was signed before")
        let results = all.compactMap { if case .result(let result, _) = $0 { result } else { nil } }
        let result = results.isEmpty ? nil : results[Int(lie.amount) % results.count]
        let signed = result.flatMap { result in
            blocks.first { $0.height == result.height }.map {
                SignedResult(statement: $0.certificate.statement, signature: result.signature)
            }
        }
        return .started(
            StartAnswer(
                nonce: last.nonce, other: lie.change < 128 ? starts[Int(lie.place) % starts.count] : nil,
                result: signed, vote: []))
    }
}

extension ResultStatement {
    /// The statement as if of another epoch or decision, or with another epoch to follow.
    func changed(epoch: UInt64? = nil, nextEpoch: Digest? = nil, decision: UInt64? = nil) -> ResultStatement {
        let header = BlockHeader(
            group: group, height: height, parent: .zero, epoch: epoch ?? self.epoch,
            executionVersion: executionVersion, decision: decision ?? self.decision, time: Timestamp(milliseconds: 0),
            transactionCount: 0, transactionsRoot: .zero)
        return ResultStatement(
            header: header, blockHash: blockHash, genesis: genesis, stateRoot: stateRoot, receiptsRoot: receiptsRoot,
            nextEpoch: nextEpoch ?? self.nextEpoch)
    }
}
