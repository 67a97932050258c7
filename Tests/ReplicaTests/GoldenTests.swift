import Cryptography
import Dissemination
import Ledger
import Primitives
import Storage
import TestSupport
import Testing

@testable import Replica

/// What a replica puts into messages, the journal, its logs and the store.
@Suite struct GoldenTests {
    @Test func `the coding of "TransactionLocation"`() {
        #expect(
            TransactionLocation(height: 0x0102, index: 3).canonicalBytes.hexadecimal == "0x020100000000000003000000")
    }

    /// The payloads of "ReplicaRecord" in the journal, and the numbers of their kinds.
    @Test func `records of the journal`() throws {
        let records: [(ReplicaRecord, UInt8, String)] = [
            (.decision(number: 5, value: [1, 2]), 1, "0x05000000000000000102"),
            (.logged(decision: 5, height: 6), 3, "0x05000000000000000600000000000000"),
            (.proof(decision: 5, bytes: [1]), 4, "0x050000000000000001"),
            (.engine(epoch: 4, [1, 2]), 5, "0x04000000000000000102"),
            (.batch(epoch: 4, [3]), 6, "0x040000000000000003"),
            (.signed(Self.result), 7, Self.resultDigits),
            (.incarnation(7), 8, "0x0700000000000000"),
            (.peerStart(epoch: 4, Self.announcement), 9, "0x0400000000000000" + Self.announcementDigits),
            (
                .forgotten(try #require(PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 7, count: 32)))), 10,
                "0x01" + String(repeating: "07", count: 32)
            ),
        ]
        for (record, kind, digits) in records {
            #expect(record.kind == kind)
            #expect(record.payload.hexadecimal == digits)
            #expect(try ReplicaRecord(kind: kind, payload: record.payload) == record)
            for count in record.payload.indices {
                let cut = try? ReplicaRecord(kind: kind, payload: Array(record.payload.prefix(count)))
                #expect(cut != record)
            }
        }
        // That of certificates, which are journaled no more; and one that never was.
        for kind in [2, 11] as [UInt8] {
            #expect(throws: CodingError.self) {
                try ReplicaRecord(kind: kind, payload: [UInt8](repeating: 0, count: 9))
            }
        }
    }

    private static let result = OwnResult(height: 0x0102, digest: .zero, signature: .init(repeating: 9))
    /// "OwnResult": height, digest, signature.
    private static let resultDigits =
        "0x0201000000000000" + String(repeating: "00", count: 32) + String(repeating: "09", count: 64)
    private static let announcement = StartAnnouncement(
        place: 2, incarnation: 7, nonce: 0x0304, signature: .init(repeating: 8))
    /// "StartAnnouncement": place, incarnation, nonce, signature.
    private static let announcementDigits =
        "02000000" + "0700000000000000" + "0403000000000000" + String(repeating: "08", count: 64)
    private static func digest(_ byte: UInt64) -> Digest {
        Digest(words: .init(repeating: byte * 0x0101_0101_0101_0101))
    }
    private static let signedResult = SignedResult(
        statement: ResultStatement(
            header: BlockHeader(
                group: 1, height: 2, parent: .zero, epoch: 3, executionVersion: 4, decision: 5,
                time: Timestamp(milliseconds: 6), transactionCount: 0, transactionsRoot: .zero),
            blockHash: digest(6), genesis: digest(7), stateRoot: .zero,
            receiptsRoot: digest(8)), signature: .init(repeating: 9))
    private static let signedResultDigits =
        String(repeating: "07", count: 32) + "01000000" + "0300000000000000" + "04000000" + "0500000000000000"
        + "0200000000000000" + String(repeating: "06", count: 32) + String(repeating: "00", count: 32)
        + String(repeating: "08", count: 32) + String(repeating: "00", count: 32) + String(repeating: "09", count: 64)
    private static let decision = DecisionRecord(
        number: 3, value: [1, 2], proof: [4], batches: [], headers: [], certificates: [])
    /// "DecisionRecord": version, number, value, whether there is a proof, proof, numbers of the rest.
    private static let decisionDigits = "010300000000000000" + "020102" + "01" + "0104" + "000000"

    @Test func `decisions in their log`() {
        #expect(Self.decision.canonicalBytes.hexadecimal == "0x" + Self.decisionDigits)
        // "LoggedDecision": with the frontier, here of no lanes, open or ended.
        let logged = LoggedDecision(record: Self.decision, frontier: LaneFrontier())
        #expect(logged.canonicalBytes.hexadecimal == "0x" + Self.decisionDigits + "0000")
    }

    @Test func `the coding of "ReplicaMessage"`() throws {
        let messages: [(ReplicaMessage, String)] = [
            (.engine([1, 2]), "0x000102"), (.dissemination([3]), "0x0103"),
            (.result(Self.result, isRepeated: true), "0x02" + Self.resultDigits.dropFirst(2) + "01"),
            (.fetchDecisions(from: 5), "0x040500000000000000"),
            (.decision(Self.decision), "0x05" + Self.decisionDigits),
            (.starting(Self.announcement), "0x06" + Self.announcementDigits),
            // "StartAnswer": nonce, whether there is another start, a result ("SignedResult"), the vote.
            (
                .started(StartAnswer(nonce: 5, other: Self.announcement, result: nil, vote: [1, 2])),
                "0x07" + "0500000000000000" + "01" + Self.announcementDigits + "00" + "020102"
            ),
            (
                .started(StartAnswer(nonce: 5, other: nil, result: Self.signedResult, vote: [])),
                "0x07" + "0500000000000000" + "00" + "01" + Self.signedResultDigits + "00"
            ),
        ]
        for (message, digits) in messages {
            #expect(message.canonicalBytes.hexadecimal == digits)
            #expect(try ReplicaMessage(canonicalBytes: message.canonicalBytes) == message)
            // "EpochMessage": the epoch before it.
            let sent = EpochMessage(epoch: 3, message: message)
            #expect(sent.canonicalBytes.hexadecimal == "0x0300000000000000" + digits.dropFirst(2))
            #expect(try EpochMessage(canonicalBytes: sent.canonicalBytes) == sent)
        }
    }

    /// "FetchedBlock": header, how many transactions, each with its length, certificate. "FetchedBlocks": the first one
    /// that was asked for, the last one that there is, how many follow.
    @Test func `certified blocks for those who lack them`() throws {
        let statement = Self.signedResult.statement
        let header = BlockHeader(
            group: 1, height: 2, parent: .zero, epoch: 3, executionVersion: 4, decision: 5,
            time: Timestamp(milliseconds: 6), transactionCount: 1, transactionsRoot: .zero)
        let certificate = BlockCertificate(
            statement: statement, rule: QuorumRule(model: .byzantine, count: 4), signatures: [])
        let block = FetchedBlock(header: header, transactions: [[7, 8]], certificate: certificate)
        let digits =
            header.canonicalBytes.hexadecimal.dropFirst(2) + "01000000" + "020708"
            + certificate.canonicalBytes.hexadecimal.dropFirst(2)
        #expect(block.canonicalBytes.hexadecimal == "0x" + digits)
        let answer = FetchedBlocks(first: 2, last: 9, blocks: [block])
        #expect(answer.canonicalBytes.hexadecimal == "0x0200000000000000" + "0900000000000000" + "01" + digits)
        let messages: [(ReplicaMessage, String)] = [
            (.epochEnd(certificate), "0x08" + certificate.canonicalBytes.hexadecimal.dropFirst(2)),
            (.fetchBlocks(from: 5), "0x090500000000000000"),
            (.blocks(answer), "0x0a" + answer.canonicalBytes.hexadecimal.dropFirst(2)),
        ]
        for (message, digits) in messages {
            #expect(message.canonicalBytes.hexadecimal == digits)
            #expect(try ReplicaMessage(canonicalBytes: message.canonicalBytes) == message)
        }
    }

    // Block records with their chunks ("BlockChunk") are held by `BlockRecordTests`, byte by byte.

    // MARK: Snapshots

    private static let pair = SnapshotPair(key: StateKey(contract: .system(7), key: [1, 2]), value: [9])
    /// "SnapshotPair": key, value.
    private static let pairDigits = "16" + "0000000000000000000000000000000000000007" + "0102" + "0109"

    @Test func `the coding of "SnapshotChunk"`() throws {
        let chunk = SnapshotChunk(height: 0x0102, index: 3, pairs: [Self.pair])
        #expect(Self.pair.canonicalBytes.hexadecimal == "0x" + Self.pairDigits)
        // Version, height, number, pairs.
        #expect(chunk.canonicalBytes.hexadecimal == "0x01" + "0201000000000000" + "03000000" + "01" + Self.pairDigits)
        #expect(try SnapshotChunk(canonicalBytes: chunk.canonicalBytes) == chunk)
    }

    @Test func `the coding of "SnapshotManifest", and of "SnapshotContents"`() throws {
        let manifest = SnapshotManifest(
            height: 0x0102,
            chunks: [
                .init(subtree: StateSubtree.whole.half(false), digest: .zero),
                .init(subtree: StateSubtree.whole.half(true), digest: Self.digest(5)),
            ])
        // Version, height, and for each chunk depth and digest.
        let digits =
            "01" + "0201000000000000" + "02" + "01" + String(repeating: "00", count: 32) + "01"
            + String(repeating: "05", count: 32)
        #expect(manifest.canonicalBytes.hexadecimal == "0x" + digits)
        #expect(try SnapshotManifest(canonicalBytes: manifest.canonicalBytes) == manifest)
        // Version, manifest, length of each chunk.
        let contents = SnapshotContents(manifest: manifest, byteCounts: [7, 8])
        #expect(contents.canonicalBytes.hexadecimal == "0x01" + digits + "07000000" + "08000000")
        #expect(try SnapshotContents(canonicalBytes: contents.canonicalBytes) == contents)
    }

    @Test func `the coding of "RestoreRecord"`() throws {
        let record = RestoreRecord(Self.signedResult.statement, isClearing: true)
        // Version, height, state root, whether the old state still goes.
        #expect(
            record.canonicalBytes.hexadecimal == "0x01" + "0200000000000000" + String(repeating: "00", count: 32) + "01"
        )
        #expect(try RestoreRecord(canonicalBytes: record.canonicalBytes) == record)
        #expect(record.change(of: 3).key.bytes.hexadecimal == "0xffffffff7200000003")
    }

    @Test func `keys in the store`() throws {
        let key = StateKey(contract: .system(7), key: [1, 2])
        let store = try MemoryKeyValueStore()
        let writeBack = try WriteBackStore(store: store, group: 3)
        let state = GroupState(group: 3, store: writeBack)
        state.commit(BlockChanges(height: 1, values: [StateWrite(key: key, value: [9])], keptPageCount: 0))
        var tree = StateTree(suite: .international, cachedPagesMax: 10)
        _ = try tree.update(
            [LeafChange(path: key.path(in: .international), value: StateKey.digest(ofValue: [9], in: .international))],
            from: state)
        #expect(state.beginFreeze())
        tree.freeze()
        state.addFrozen(tree.takeFrozenPages(atMost: .max))
        try state.finishFreeze().write(to: store)
        var lines: [String] = []
        try store.iterate(from: .empty, prefix: .empty) { key, value in
            lines.append("\(key.bytes.hexadecimal) \(value.hexadecimal)")
            return true
        }
        #expect(
            lines == [
                "0x000000037300000000000000000000000000000000000000070102 0x09",
                "0x000000037400 0x00400000e09580fc49476318c59e064fce18ffc27e8e5abf45166e6294c602431cc3f112"
                    + "d523c0cfd7f1a789d7851c00caf6dada70d82f04fe16945101920a0d18ee35a3",
                "0xffffffff66 0x01000000", "0xffffffff6800000003 0x0100000000000000",
            ])
    }
}
