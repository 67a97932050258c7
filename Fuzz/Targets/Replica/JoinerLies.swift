internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// What a liar makes of an honest answer to those who join, by bytes.
struct JoinerLie {
    private let choice: UInt8
    private let place: UInt8
    private let amount: UInt8

    init(_ input: inout FuzzInput) { (choice, place, amount) = (input.byte(), input.byte(), input.byte()) }

    func forged(_ answer: ReplicaMessage) -> ReplicaMessage {
        switch answer {
        case .handOvers(let handOvers): .handOvers(forged(handOvers))
        case .offer(let offer): .offer(forged(offer))
        case .manifest(let height, let bytes): .manifest(height: height &+ UInt64(amount), bytes)
        case .chunk(let height, let index, let bytes):
            .chunk(height: height &+ UInt64(choice % 2), index: index ^ UInt32(amount), bytes)
        case .tail(let tail): .tail(forged(tail))
        default: answer
        }
    }

    /// Of anybody's.
    private var epoch: EpochConfiguration {
        JoinerChain.epoch(UInt64(amount), choice < 128 ? .fbft : .pbft, [8, 9, 1, 2])
    }

    private func forged(_ certificate: BlockCertificate, _ statement: ResultStatement? = nil) -> BlockCertificate {
        var signatures = certificate.signatures
        let place = Int(place) % signatures.count
        switch amount % 4 {
        case 0: signatures.removeLast(signatures.count - 1)
        case 1: signatures[place] = CertifierSignature(certifier: UInt32(place), signature: signatures[0].signature)
        case 2: signatures.swapAt(0, place)
        default: break
        }
        return BlockCertificate(
            statement: statement ?? certificate.statement, rule: certificate.rule, signatures: signatures)
    }

    private func forged(_ answer: FetchedHandOvers) -> FetchedHandOvers {
        var (first, configuration, handOvers) = (answer.first, answer.configuration, answer.handOvers)
        switch (choice % 6, handOvers.first) {
        case (0, let good?): handOvers[0] = HandOver(certificate: forged(good.certificate), next: good.next)
        case (1, let good?): handOvers[0] = HandOver(certificate: good.certificate, next: epoch)
        case (2, let good?):
            // A successor that none of those who had a say has signed.
            let statement = good.certificate.statement.changed(nextEpoch: epoch.digest(in: .international))
            handOvers[0] = HandOver(certificate: forged(good.certificate, statement), next: epoch)
        case (3, _): configuration = amount < 128 ? nil : epoch
        case (4, _): first = first &+ UInt64(amount)
        case (5, _): handOvers = Array(handOvers.reversed())
        default:
            // Where there is no further epoch it makes one up, of the newest block.
            guard let last = JoinerChain.honest.blocks.last?.certified.certificate else { break }
            let next = JoinerChain.epoch(3, .fbft, [8, 9, 1, 2])
            let statement = last.statement.changed(nextEpoch: next.digest(in: .international))
            handOvers = [HandOver(certificate: forged(last, statement), next: next)]
        }
        return FetchedHandOvers(first: first, configuration: configuration, handOvers: handOvers)
    }

    private func forged(_ offer: SnapshotOffer) -> SnapshotOffer {
        guard let good = offer.snapshot else { return offer }
        let blocks = JoinerChain.honest.blocks
        var (certificate, manifest, oldest) = (good.certificate, good.manifest, good.oldest)
        switch choice % 7 {
        case 0: return SnapshotOffer(loggedHeight: .max, snapshot: nil)
        case 1: certificate = forged(certificate)
        // A height that is certified, and of which it has nothing.
        case 2: certificate = blocks[Int(place) % blocks.count].certified.certificate
        case 3: manifest = epoch.digest(in: .international)
        case 4: oldest = oldest &+ UInt64(amount)
        // The certified state, and what old keys have made of it.
        case 5: manifest = usurpedSnapshot?.manifest ?? manifest
        default:
            // As if the newest epoch had signed what old keys have.
            guard let snapshot = usurpedSnapshot else { break }
            let statement = snapshot.certificate.statement.changed(epoch: certificate.statement.epoch)
            certificate = BlockCertificate(
                statement: statement, rule: certificate.rule, signatures: certificate.signatures)
            manifest = snapshot.manifest
        }
        return SnapshotOffer(
            loggedHeight: offer.loggedHeight,
            snapshot: OfferedSnapshot(certificate: certificate, manifest: manifest, oldest: oldest))
    }

    private var usurpedSnapshot: OfferedSnapshot? {
        guard case .offer(let offer)? = JoinerChain.usurped[0].answer(.fetchOffer) else { return nil }
        return offer.snapshot
    }

    private func forged(_ answer: FetchedTail) -> FetchedTail {
        var (height, blocks) = (answer.height, answer.blocks)
        guard !blocks.isEmpty else { return answer }
        let place = Int(place) % blocks.count
        switch choice % 5 {
        case 0: blocks.removeFirst()
        case 1: blocks.swapAt(0, place)
        case 2:
            var coding = blocks[place].canonicalBytes
            coding[coding.count - 1 - Int(amount) % coding.count] ^= 1
            blocks[place] = (try? TailBlock(canonicalBytes: coding)) ?? blocks[place]
        case 3:
            guard let own = JoinerChain.honest[blocks[place].block.header.height] else { break }
            blocks[place] = TailBlock(
                CertifiedBlock(block: own.block, receipts: own.receipts, certificate: forged(own.certificate)))
        default: height = height &- UInt64(amount)
        }
        return FetchedTail(height: height, blocks: blocks)
    }
}
