internal import Consensus
internal import Cryptography
internal import Ledger
internal import Primitives
internal import Replica

/// What a liar answers to those who lack blocks, or join, in place of the truth.
enum SynchronisationLie {
    /// Nil for nothing.
    static func draw(for truth: ReplicaMessage, suite: Suite, _ generator: inout SeededGenerator) -> ReplicaMessage? {
        if generator.next() % 4 == 0 { return nil }
        let choice = generator.next() % 3
        switch truth {
        case .blocks(let blocks): return .blocks(lie(blocks, choice))
        case .handOvers(let found):
            return .handOvers(
                FetchedHandOvers(
                    first: found.first, configuration: choice == 0 ? nil : found.configuration,
                    handOvers: choice == 1 ? [] : found.handOvers.map { twisted($0) }))
        case .offer(let offer): return .offer(lie(offer, choice, suite))
        case .manifest(let height, let bytes):
            // That of another state, which it made up.
            return .manifest(height: height, choice == 0 ? flipped(bytes, &generator) : manifest(height, suite))
        case .chunk(let height, let index, let bytes):
            return .chunk(height: height, index: choice == 0 ? index &+ 1 : index, flipped(bytes, &generator))
        case .tail(let tail):
            let blocks = choice == 0 ? tail.blocks.reversed() : choice == 1 ? Array(tail.blocks.dropFirst()) : []
            return .tail(FetchedTail(height: tail.height, blocks: blocks))
        default: return truth
        }
    }

    private static func lie(_ answer: FetchedBlocks, _ choice: UInt64) -> FetchedBlocks {
        let blocks = answer.blocks.map { block in
            switch choice {
            case 0: FetchedBlock(header: block.header, transactions: [[1]], certificate: block.certificate)
            default:
                FetchedBlock(
                    header: block.header, transactions: block.transactions, certificate: forged(block.certificate))
            }
        }
        return FetchedBlocks(first: answer.first, last: .max, blocks: choice == 2 ? [] : blocks)
    }

    private static func lie(_ offer: SnapshotOffer, _ choice: UInt64, _ suite: Suite) -> SnapshotOffer {
        guard let snapshot = offer.snapshot else { return offer }
        let height = snapshot.height
        let certificate =
            choice == 0
            ? snapshot.certificate
            : BlockCertificate(
                statement: snapshot.certificate.statement.with(stateRoot: root(at: height, suite)),
                rule: snapshot.certificate.rule, signatures: snapshot.certificate.signatures)
        let digest = suite.hash(manifest(height, suite))
        return SnapshotOffer(
            loggedHeight: .max,
            snapshot: OfferedSnapshot(certificate: certificate, manifest: digest, oldest: snapshot.oldest))
    }

    private static func twisted(_ handOver: HandOver) -> HandOver {
        HandOver(certificate: forged(handOver.certificate), next: handOver.next)
    }

    /// With signatures that nobody made.
    private static func forged(_ certificate: BlockCertificate) -> BlockCertificate {
        BlockCertificate(
            statement: certificate.statement, rule: certificate.rule,
            signatures: certificate.signatures.map {
                CertifierSignature(certifier: $0.certifier, signature: certificate.signatures[0].signature)
            })
    }

    /// The root of a state that does not exist, and a manifest of one chunk that leads to it.
    static func root(at height: UInt64, _ suite: Suite) -> Digest { suite.hash(height.canonicalBytes) }

    static func manifest(_ height: UInt64, _ suite: Suite) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.encode(SnapshotManifest.formatVersion)
        encoder.encode(height)
        encoder.encode(length: 1)
        encoder.encode(UInt8(0))
        encoder.encode(root(at: height, suite))
        return encoder.bytes
    }

    private static func flipped(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty else { return [0] }
        bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 + generator.next() % 255)
        return bytes
    }
}

extension ResultStatement {
    /// The same, of another state, or with another epoch after it.
    func with(stateRoot: Digest? = nil, nextEpoch: Digest? = nil) -> ResultStatement {
        var bytes = canonicalBytes
        // Before them come chain, group, epoch, version, decision, height and block.
        if let stateRoot { bytes.replaceSubrange(96..<128, with: stateRoot.canonicalBytes) }
        if let nextEpoch { bytes.replaceSubrange(160..<192, with: nextEpoch.canonicalBytes) }
        return (try? ResultStatement(canonicalBytes: bytes)) ?? self
    }
}
