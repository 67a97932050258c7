import Consensus
import Cryptography
import Ledger
import Primitives
import Testing

@testable import Replica

/// Whom it asks for what, and what it believes, message by message.
@Suite final class SynchroniserTests {
    private let ledger: EpochLedger
    private var synchroniser: Synchroniser
    private var milliseconds: UInt64 = 1

    private static let nodeCount = 4

    init() throws {
        var ledger = try EpochLedger()
        for _ in 0..<40 { try ledger.decide(try [ledger.filler(byteCount: 10)]) }
        self.ledger = ledger
        synchroniser = Self.synchroniser(ledger)
    }

    /// Of node 0, which has nothing.
    private static func synchroniser(_ ledger: EpochLedger) -> Synchroniser {
        let head = Head(genesis: ledger.genesis)
        return Synchroniser(
            ledger.epochs[0], ledger.genesis.terms, nodeCount: nodeCount, own: 0, height: 0, hash: head.hash, seed: 0)
    }

    // MARK: What happens

    private func ask() -> [(node: UInt32, first: UInt64)] {
        var effects: [Synchroniser.Effect] = []
        synchroniser.ask(at: Instant(nanoseconds: milliseconds * 1_000_000), into: &effects)
        return effects.compactMap { if case .ask(let node, let first) = $0 { (node, first) } else { nil } }
    }

    /// What a node that has blocks up to a height answers.
    private func answer(from first: UInt64, count: Int = ReplicaLimits.servedBlocksMax, last: UInt64 = 40)
        -> FetchedBlocks
    {
        let blocks = ledger.blocks.filter { $0.height >= first && $0.height <= last }.prefix(count)
        return FetchedBlocks(first: first, last: last, blocks: blocks.map { FetchedBlock($0.certified) })
    }

    /// What an answer leads to, its signatures being verified at once.
    private func give(_ answer: FetchedBlocks, from node: UInt32) -> [Synchroniser.Effect] {
        var effects: [Synchroniser.Effect] = []
        synchroniser.take(answer, from: node, into: &effects)
        for effect in effects {
            guard case .verify(let checks) = effect else { continue }
            synchroniser.checked(checks, SerialVerifier().verify(checks.signatures), into: &effects)
        }
        return effects
    }

    private func replayed(_ effects: [Synchroniser.Effect]) -> [UInt64] {
        effects.compactMap { if case .replay(let block) = $0 { block.header.height } else { nil } }
    }

    private func refused(_ effects: [Synchroniser.Effect]) -> [MessageFault] {
        effects.compactMap { if case .refused(_, let fault) = $0 { fault } else { nil } }
    }

    // MARK: Asking

    @Test func `who says that it has nothing is asked after others`() throws {
        // As long as nothing is known one is asked at a time, another each time.
        var asked: [UInt32] = []
        for _ in 0..<3 {
            let next = ask()
            try #require(next.count == 1 && next[0].first == 1)
            asked.append(next[0].node)
            #expect(give(FetchedBlocks(first: 1, last: .max, blocks: []), from: next[0].node).isEmpty)
        }
        #expect(asked.sorted() == [1, 2, 3])
        #expect(!synchroniser.isBehind)
        #expect(ask().isEmpty)
        milliseconds += ReplicaLimits.pollMilliseconds
        #expect(ask().count == 1)
    }

    @Test func `several are asked for what follows each other`() {
        for node in 1...3 as ClosedRange<UInt32> { synchroniser.note(40, at: node) }
        let asked = ask()
        #expect(Set(asked.map(\.node)) == [1, 2, 3])
        #expect(asked.map(\.first).sorted() == [1, 17, 33])
        // The last ones come first.
        for (node, first) in asked.sorted(by: { $0.first > $1.first }).dropLast() {
            #expect(replayed(give(answer(from: first), from: node)).isEmpty)
        }
        let first = asked.first { $0.first == 1 }
        #expect(replayed(give(answer(from: 1), from: first?.node ?? 0)) == Array(1...32))
    }

    @Test func `what comes first is asked of who is known to have it`() {
        synchroniser.note(40, at: 3)
        let asked = ask()
        #expect(asked.first?.node == 3 && asked.first?.first == 1)
        #expect(asked.dropFirst().map(\.first) == [17, 33])
    }

    @Test func `an answer that is late is taken, and meanwhile another asked`() {
        for node in 1...2 as ClosedRange<UInt32> { synchroniser.note(16, at: node) }
        #expect(ask().contains { $0.node == 1 && $0.first == 1 })
        milliseconds += ReplicaLimits.lateMilliseconds
        #expect(ask().contains { $0.first == 1 && $0.node == 2 })
        #expect(replayed(give(answer(from: 1, last: 16), from: 1)) == Array(1...16))
        // Twice is no harm.
        #expect(replayed(give(answer(from: 1, last: 16), from: 2)).isEmpty)
    }

    @Test func `whoever is there again is asked at once, however long it was silent`() {
        synchroniser.note(40, at: 2)
        for _ in 0..<3 {
            #expect(ask().map(\.node).contains(2))
            milliseconds += ReplicaLimits.lateMilliseconds
            #expect(!ask().map(\.node).contains(2))
            milliseconds += ReplicaLimits.silentPeerMillisecondsMax
        }
        _ = ask()
        milliseconds += ReplicaLimits.lateMilliseconds
        #expect(!ask().map(\.node).contains(2))
        synchroniser.connected(2)
        #expect(ask().map(\.node).contains(2))
        // And what it was asked first is taken as ever, if it comes.
        #expect(replayed(give(answer(from: 1), from: 2)) == Array(1...16))
    }

    // MARK: Believing

    @Test(arguments: 0..<6) func `what is not a quorum's block of the chain costs its giver all`(_ lie: Int)
        throws
    {
        synchroniser.note(40, at: 1)
        #expect(ask().contains { $0.node == 1 && $0.first == 1 })
        let (block, other) = (FetchedBlock(ledger.blocks[0].certified), FetchedBlock(ledger.blocks[1].certified))
        let certificate = block.certificate
        func with(_ signatures: [CertifierSignature]) -> FetchedBlock {
            FetchedBlock(
                header: block.header, transactions: block.transactions,
                certificate: BlockCertificate(
                    statement: certificate.statement, rule: certificate.rule, signatures: signatures))
        }
        let swapped = certificate.signatures.map {
            CertifierSignature(certifier: $0.certifier, signature: certificate.signatures[0].signature)
        }
        let lies = [
            other,
            FetchedBlock(header: other.header, transactions: block.transactions, certificate: certificate),
            FetchedBlock(header: block.header, transactions: other.transactions, certificate: certificate),
            FetchedBlock(header: block.header, transactions: block.transactions, certificate: other.certificate),
            with(Array(certificate.signatures.prefix(2))),
            with(swapped),
        ]
        let effects = give(FetchedBlocks(first: 1, last: 40, blocks: [lies[lie]]), from: 1)
        #expect(replayed(effects).isEmpty)
        #expect(refused(effects) == [lie == 5 ? .wrongSignature : .wrongCertificate])
        milliseconds += 100_000
        #expect(!ask().contains { $0.node == 1 })
    }

    @Test func `what nobody was asked for is not looked at`() {
        #expect(give(answer(from: 1), from: 1).isEmpty)
        synchroniser.note(40, at: 1)
        #expect(ask().contains { $0.node == 1 && $0.first == 1 })
        #expect(give(answer(from: 2), from: 1).isEmpty)
        #expect(replayed(give(answer(from: 1, count: 3), from: 1)) == [1, 2, 3])
    }

    // MARK: The end of the epoch

    @Test func `nothing is asked for beyond the last block of the epoch`() throws {
        let ledger = try EpochLedger.ofFourEpochs()
        let end = UInt64(try #require(ledger.blocks.lastIndex { $0.header.epoch == 0 })) + 1
        var synchroniser = Self.synchroniser(ledger)
        synchroniser.note(UInt64(ledger.blocks.count), at: 1)
        var effects: [Synchroniser.Effect] = []
        synchroniser.ask(at: Instant(nanoseconds: 1), into: &effects)
        let blocks = ledger.blocks.prefix(ReplicaLimits.servedBlocksMax).map { FetchedBlock($0.certified) }
        try #require(blocks.count > Int(end))
        effects = []
        synchroniser.take(
            FetchedBlocks(first: 1, last: UInt64(ledger.blocks.count), blocks: blocks), from: 1, into: &effects)
        for effect in effects {
            guard case .verify(let checks) = effect else { continue }
            synchroniser.checked(checks, SerialVerifier().verify(checks.signatures), into: &effects)
        }
        #expect(replayed(effects) == Array(1...end))
        synchroniser.noteExecuted(end)
        #expect(!synchroniser.isBehind)
        effects = []
        synchroniser.ask(at: Instant(nanoseconds: 10_000_000_000), into: &effects)
        #expect(effects.isEmpty)
    }
}
