import Cryptography
import Ledger
import Primitives
import Testing

@testable import Replica

/// What is said to and by those who join, and what they keep.
@Suite struct JoiningGoldenTests {
    private static func digits(_ value: some CanonicalEncodable) -> Substring {
        value.canonicalBytes.hexadecimal.dropFirst(2)
    }

    private static func digest(_ byte: UInt64) -> Digest {
        Digest(words: .init(repeating: byte * 0x0101_0101_0101_0101))
    }

    private static let header = BlockHeader(
        group: 1, height: 2, parent: .zero, epoch: 3, executionVersion: 4, decision: 5,
        time: Timestamp(milliseconds: 6), transactionCount: 2, transactionsRoot: .zero)
    private static let certificate = BlockCertificate(
        statement: ResultStatement(
            header: header, blockHash: digest(6), genesis: digest(7), stateRoot: .zero, receiptsRoot: digest(8)),
        rule: QuorumRule(model: .byzantine, count: 4), signatures: [])

    private static func configuration() throws -> EpochConfiguration {
        let key = try #require(PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 9, count: 32)))
        return EpochConfiguration(
            number: 4, engine: .fbft, verification: .all, orderers: [key], certifiers: [key])
    }

    @Test func `the coding of "Invitation"`() throws {
        // Version, epoch, digest.
        let invitation = Invitation(epoch: 0x0102, digest: Self.digest(5))
        #expect(
            invitation.canonicalBytes.hexadecimal == "0x01" + "0201000000000000" + String(repeating: "05", count: 32))
        #expect(try Invitation(canonicalBytes: invitation.canonicalBytes) == invitation)
        #expect(throws: CodingError.self) {
            try Invitation(canonicalBytes: [2] + invitation.canonicalBytes.dropFirst())
        }
    }

    @Test func `the coding of "HandOver", and of "FetchedHandOvers"`() throws {
        let next = try Self.configuration()
        let handOver = HandOver(certificate: Self.certificate, next: next)
        let handOverDigits = Self.digits(Self.certificate) + Self.digits(next)
        #expect(Self.digits(handOver) == handOverDigits)
        // First epoch, whether it is known, that, hand-overs.
        let answer = FetchedHandOvers(first: 3, configuration: next, handOvers: [handOver])
        let answerDigits = "0300000000000000" + "01" + Self.digits(next) + "01" + handOverDigits
        #expect(Self.digits(answer) == answerDigits)
        try expect(.handOvers(answer), "0c" + answerDigits)
        try expect(
            .handOvers(FetchedHandOvers(first: 3, configuration: nil, handOvers: [])),
            "0c" + "0300000000000000" + "0000")
        try expect(.fetchHandOvers(from: 5), "0b" + "0500000000000000")
        #expect(handOver.canonicalBytes.count >= ReplicaLimits.handOverByteCountMin)
    }

    @Test func `the coding of "SnapshotOffer", and of "OfferedSnapshot"`() throws {
        let snapshot = OfferedSnapshot(certificate: Self.certificate, manifest: Self.digest(5), oldest: 1)
        let snapshotDigits =
            Self.digits(Self.certificate) + String(repeating: "05", count: 32) + "0100000000000000"
        #expect(Self.digits(snapshot) == snapshotDigits)
        // Where the log ends, whether there is a snapshot, that.
        let offer = SnapshotOffer(loggedHeight: 7, snapshot: snapshot)
        #expect(Self.digits(offer) == "0700000000000000" + "01" + snapshotDigits)
        try expect(.offer(offer), "0e" + "0700000000000000" + "01" + snapshotDigits)
        try expect(.offer(SnapshotOffer(loggedHeight: 7, snapshot: nil)), "0e" + "0700000000000000" + "00")
        try expect(.fetchOffer, "0d")
    }

    @Test func `manifests and chunks`() throws {
        try expect(.fetchManifest(height: 5), "0f" + "0500000000000000")
        try expect(.manifest(height: 5, [1, 2]), "10" + "0500000000000000" + "020102")
        try expect(.fetchChunk(height: 5, index: 6), "11" + "0500000000000000" + "06000000")
        try expect(.chunk(height: 5, index: 6, [1, 2]), "12" + "0500000000000000" + "06000000" + "020102")
    }

    @Test func `the coding of "TailBlock", and of "FetchedTail"`() throws {
        // The block, then a receipt for each transaction with its length.
        let block = FetchedBlock(header: Self.header, transactions: [[1], [2, 3]], certificate: Self.certificate)
        let blockDigits = Self.digits(block) + "0109" + "020807"
        let tail = try TailBlock(canonicalBytes: block.canonicalBytes + [1, 9, 2, 8, 7])
        #expect(tail.block == block && tail.receipts == [[9], [8, 7]])
        #expect(Self.digits(tail) == blockDigits)
        let answer = FetchedTail(height: 2, blocks: [tail])
        #expect(Self.digits(answer) == "0200000000000000" + "01" + blockDigits)
        try expect(.tail(answer), "14" + "0200000000000000" + "01" + blockDigits)
        try expect(.fetchTail(from: 5), "13" + "0500000000000000")
    }

    @Test func `the coding of "JoinMark"`() throws {
        // Version, height.
        let mark = JoinMark(height: 0x0102)
        #expect(mark.canonicalBytes.hexadecimal == "0x01" + "0201000000000000")
        #expect(try JoinMark(canonicalBytes: mark.canonicalBytes) == mark)
        #expect(mark.record == .logged(decision: 0, height: 0x0102))
    }

    @Test func `the coding of "KeptHandOvers"`() throws {
        // Version, hand-overs.
        let handOver = HandOver(certificate: Self.certificate, next: try Self.configuration())
        let kept = KeptHandOvers([handOver])
        #expect(Self.digits(kept) == "01" + "01" + Self.digits(handOver))
        #expect(try KeptHandOvers(canonicalBytes: kept.canonicalBytes) == kept)
        #expect(kept[3] == handOver && kept[4] == nil)
        for count in 0..<kept.canonicalBytes.count {
            #expect(throws: CodingError.self) {
                try KeptHandOvers(canonicalBytes: Array(kept.canonicalBytes.prefix(count)))
            }
        }
        #expect(throws: CodingError.self) { try KeptHandOvers(canonicalBytes: [2] + kept.canonicalBytes.dropFirst()) }
    }

    private func expect(_ message: ReplicaMessage, _ digits: some StringProtocol) throws {
        let bytes = message.canonicalBytes
        #expect(bytes.hexadecimal == "0x" + digits)
        #expect(try ReplicaMessage(canonicalBytes: bytes) == message)
        for count in 0..<bytes.count {
            #expect(throws: CodingError.self) { try ReplicaMessage(canonicalBytes: Array(bytes.prefix(count))) }
        }
        #expect(throws: CodingError.self) { try ReplicaMessage(canonicalBytes: bytes + [0]) }
    }

    @Test func `what is longer than a limit is refused`() throws {
        let chunk = [UInt8](repeating: 1, count: ReplicaLimits.snapshotChunkByteCountMax)
        let message = ReplicaMessage.chunk(height: 1, index: 2, chunk)
        #expect(try ReplicaMessage(canonicalBytes: message.canonicalBytes) == message)
        let long = ReplicaMessage.chunk(height: 1, index: 2, chunk + [1]).canonicalBytes
        #expect(throws: CodingError.self) { try ReplicaMessage(canonicalBytes: long) }
        let manifest = [UInt8](repeating: 1, count: ReplicaLimits.snapshotManifestByteCountMax + 1)
        let longer = ReplicaMessage.manifest(height: 1, manifest).canonicalBytes
        #expect(throws: CodingError.self) { try ReplicaMessage(canonicalBytes: longer) }
        let handOver = HandOver(certificate: Self.certificate, next: try Self.configuration())
        for (count, isTaken) in [
            (ReplicaLimits.servedHandOversMax, true), (ReplicaLimits.servedHandOversMax + 1, false),
        ] {
            let answer = FetchedHandOvers(
                first: 1, configuration: nil, handOvers: Array(repeating: handOver, count: count))
            #expect(((try? FetchedHandOvers(canonicalBytes: answer.canonicalBytes)) != nil) == isTaken)
        }
    }

    @Test func `the longest answers fit into a message`() {
        let head = 8 + 1 + 8 + 4 + 5
        #expect(ReplicaLimits.snapshotManifestByteCountMax + head <= ReplicaLimits.messageByteCountMax)
        #expect(ReplicaLimits.snapshotChunkByteCountMax + head <= ReplicaLimits.messageByteCountMax)
        // A hand-over: two lists of keys, and a signature of each.
        let handOver = LedgerLimits.validatorsMax * (2 * 66 + 4 + Signature.byteCount) + 1024
        #expect(
            ReplicaLimits.servedHandOversByteCountMax + 2 * handOver + head <= ReplicaLimits.messageByteCountMax)
    }
}
