import Cryptography
import Ledger
import Primitives
import Testing

/// A chain of one block, certified; and everything that may be wrong with what its light client is shown.
@Suite struct LightClientTests {
    private let suite = Samples.suite
    private let certifiers = (1...4).map { TestKeys.key(UInt8($0)) }
    private let genesis: Genesis
    private let certified: CertifiedBlock
    private let tree: (root: Digest, store: PageStore)
    private let contract = Address.system(7)

    init() throws {
        var samples = Samples(seed: 70)
        genesis = Genesis(
            name: "test", suite: suite, group: 3, time: Timestamp(milliseconds: 1), faultModels: [.none, .byzantine],
            epoch: EpochConfiguration(
                number: 5, engine: .solo, verification: .all, orderers: certifiers.map(\.publicKey),
                certifiers: certifiers.map(\.publicKey)),
            executionVersion: 1, limits: ChainLimits())
        tree = try PageStore.tree(
            of: (0..<20).map { number in
                let key = StateKey(contract: Address.system(7), key: [UInt8(number)])
                return LeafChange(
                    path: key.path(in: Samples.suite),
                    value: StateKey.digest(ofValue: [UInt8(number), 1], in: Samples.suite))
            })
        let transactions = (0..<3).map { _ in samples.signedTransaction() }
        let receipts = transactions.map { _ in samples.receipt() }
        let header = BlockHeader(
            group: 3, height: 1, parent: genesis.digest, epoch: 5, executionVersion: 1, decision: 1,
            time: Timestamp(milliseconds: 2), transactionCount: 3,
            transactionsRoot: MerkleList.root(of: transactions.map(\.canonicalBytes), in: suite))
        let statement = ResultStatement(
            header: header, blockHash: header.hash(in: suite), genesis: genesis.digest, stateRoot: tree.root,
            receiptsRoot: MerkleList.root(of: receipts.map(\.canonicalBytes), in: suite))
        certified = CertifiedBlock(
            block: Block(header: header, transactions: transactions), receipts: receipts,
            certificate: try Self.certify(statement, certifiers, genesis.epoch.certifierRule))
    }

    private static func certify(_ statement: ResultStatement, _ keys: [SoftwareKey], _ rule: QuorumRule)
        throws -> BlockCertificate
    {
        let digest = statement.digest(in: Samples.suite)
        return BlockCertificate(
            statement: statement, rule: rule,
            signatures: try keys.enumerated().map {
                CertifierSignature(certifier: UInt32($0.offset), signature: try $0.element.sign(digest))
            })
    }

    /// The good statement with some fields changed, signed by all.
    private func certificate(
        genesis: Digest? = nil, group: UInt32 = 3, epoch: UInt64 = 5, rule: QuorumRule? = nil
    ) throws -> BlockCertificate {
        let header = BlockHeader(
            group: group, height: 1, parent: .zero, epoch: epoch, executionVersion: 1, decision: 1,
            time: Timestamp(milliseconds: 2), transactionCount: 0, transactionsRoot: .zero)
        let statement = ResultStatement(
            header: header, blockHash: header.hash(in: suite), genesis: genesis ?? self.genesis.digest,
            stateRoot: .zero, receiptsRoot: .zero)
        return try Self.certify(statement, certifiers, rule ?? self.genesis.epoch.certifierRule)
    }

    private var client: LightClient { LightClient(genesis: genesis, verifier: SerialVerifier()) }

    private func error(_ certificate: BlockCertificate) -> ProofError? {
        var client = client
        let error = #expect(throws: ProofError.self) { try client.accept(certificate) }
        #expect(client.weakestFaultModel == nil)
        return error
    }

    private func changed(_ change: (inout [CertifierSignature]) -> Void) -> BlockCertificate {
        let good = certified.certificate
        var signatures = good.signatures
        change(&signatures)
        return BlockCertificate(statement: good.statement, rule: good.rule, signatures: signatures)
    }

    @Test func acceptsAGoodCertificate() throws {
        var client = client
        #expect(try client.accept(certified.certificate) == certified.certificate.statement)
        #expect(client.weakestFaultModel == FaultModel.none)
        #expect(throws: Never.self) {
            try client.check(certified.block.header, against: certified.certificate.statement)
        }
    }

    @Test func refusesWhatIsOfAnotherChainGroupEpochOrRule() throws {
        #expect(error(try certificate(genesis: .zero)) == .wrongGenesis(.zero))
        #expect(error(try certificate(group: 4)) == .wrongGroup(4))
        #expect(error(try certificate(epoch: 6)) == .unknownEpoch(6))
        #expect(error(try certificate(rule: QuorumRule(model: .crash, count: 4))) == .wrongRule)
        #expect(error(try certificate(rule: QuorumRule(model: .none, count: 1))) == .wrongRule)
    }

    @Test func `it goes from epoch to epoch by what the last block of each names`() throws {
        let others = (5...7).map { TestKeys.key(UInt8($0)) }
        func epoch(_ number: UInt64) -> EpochConfiguration {
            EpochConfiguration(
                number: number, engine: .fbft, verification: .all, orderers: others.map(\.publicKey),
                certifiers: others.map(\.publicKey))
        }
        func statement(_ epoch: UInt64, next: Digest = .zero, height: UInt64 = 2) -> ResultStatement {
            let header = BlockHeader(
                group: 3, height: height, parent: .zero, epoch: epoch, executionVersion: 1, decision: 9,
                time: Timestamp(milliseconds: 3), transactionCount: 0, transactionsRoot: .zero)
            return ResultStatement(
                header: header, blockHash: header.hash(in: suite), genesis: genesis.digest, stateRoot: .zero,
                receiptsRoot: .zero, nextEpoch: next)
        }
        let rule = genesis.epoch.certifierRule
        let next = epoch(6)
        let last = try Self.certify(statement(5, next: next.digest(in: suite)), certifiers, rule)
        let later = try Self.certify(statement(6, height: 3), others, next.certifierRule)
        var client = client
        #expect(throws: ProofError.unknownEpoch(6)) { try client.accept(later) }
        // Neither another one, nor by what does not name it or nobody signed, nor one too far ahead.
        #expect(throws: ProofError.unknownEpoch(7)) { try client.enter(epoch(7), by: last) }
        let other = EpochConfiguration(
            number: 6, engine: .pbft, verification: .all, orderers: next.orderers, certifiers: next.certifiers)
        #expect(throws: ProofError.wrongEpoch(6)) { try client.enter(other, by: last) }
        #expect(throws: ProofError.wrongEpoch(6)) { try client.enter(next, by: certified.certificate) }
        let unsigned = BlockCertificate(statement: last.statement, rule: rule, signatures: [])
        #expect(throws: ProofError.noQuorum) { try client.enter(next, by: unsigned) }
        // Nor one that the genesis does not allow, whoever signed it.
        let forbidden = EpochConfiguration(
            number: 6, engine: .raft, verification: .all, orderers: next.orderers, certifiers: next.certifiers)
        let signed = try Self.certify(statement(5, next: forbidden.digest(in: suite)), certifiers, rule)
        #expect(throws: ProofError.epochNotAllowed(.faultModelNotAllowed(.crash))) {
            try client.enter(forbidden, by: signed)
        }
        try client.enter(next, by: last)
        #expect(try client.accept(later).epoch == 6)
        // What was signed before still counts. Whoever has the old keys says nothing of what came after, and the new
        // ones say nothing of what was before.
        #expect(try client.accept(certified.certificate).height == 1)
        let usurped = try Self.certify(statement(5, height: 3), certifiers, rule)
        #expect(throws: ProofError.notOfEpoch(5, height: 3)) { try client.accept(usurped) }
        let backdated = try Self.certify(statement(6), others, next.certifierRule)
        #expect(throws: ProofError.notOfEpoch(6, height: 2)) { try client.accept(backdated) }
        let stranger = try Self.certify(statement(5), others, next.certifierRule)
        #expect(throws: ProofError.wrongRule) { try client.accept(stranger) }
    }

    @Test func refusesTooFewSigners() {
        #expect(error(changed { $0.removeLast() }) == .noQuorum)
        #expect(error(changed { $0 = [] }) == .noQuorum)
        #expect(error(changed { $0[3] = $0[2] }) == .noQuorum)
        #expect(error(changed { $0[3] = CertifierSignature(certifier: 4, signature: $0[3].signature) }) == .noQuorum)
    }

    @Test func refusesStrangersBesideAQuorum() {
        for stranger in [4, UInt32.max] {
            let extra = CertifierSignature(certifier: stranger, signature: Signature(repeating: 0))
            #expect(error(changed { $0.append(extra) }) == .noQuorum)
        }
    }

    @Test func refusesWrongSignatures() throws {
        let digest = certified.certificate.statement.digest(in: suite)
        for index in 0..<4 {
            #expect(
                error(
                    changed {
                        $0[index] = CertifierSignature(certifier: UInt32(index), signature: Signature(repeating: 0))
                    })
                    == .wrongSignature)
            let other = try TestKeys.key(9).sign(digest)
            #expect(
                error(changed { $0[index] = CertifierSignature(certifier: UInt32(index), signature: other) })
                    == .wrongSignature)
        }
    }

    @Test func refusesWhatTheVerifierDoesNotAnswer() {
        var client = LightClient(genesis: genesis, verifier: SilentVerifier())
        #expect(throws: ProofError.wrongSignature) { try client.accept(certified.certificate) }
    }

    @Test func receipts() throws {
        let client = client
        let statement = certified.certificate.statement
        for index in 0..<3 {
            let proof = ReceiptProof(index: index, of: certified, suite: suite)
            #expect(throws: Never.self) { try client.check(proof, against: statement) }
        }
        // Of a block alike in everything but one transaction, one receipt, or the order.
        var samples = Samples(seed: 71)
        let block = certified.block
        let otherTransactions = Block(
            header: block.header, transactions: [samples.signedTransaction()] + block.transactions.dropFirst())
        let otherReceipts = [samples.receipt()] + certified.receipts.dropFirst()
        let forged = [
            CertifiedBlock(block: otherTransactions, receipts: certified.receipts, certificate: certified.certificate),
            CertifiedBlock(block: block, receipts: otherReceipts, certificate: certified.certificate),
            CertifiedBlock(
                block: block, receipts: certified.receipts.reversed(), certificate: certified.certificate),
        ]
        for other in forged {
            let proof = ReceiptProof(index: 0, of: other, suite: suite)
            #expect(throws: ProofError.notIncluded) { try client.check(proof, against: statement) }
        }
        let header = samples.header(transactionCount: 3)
        let elsewhere = CertifiedBlock(
            block: Block(header: header, transactions: block.transactions), receipts: certified.receipts,
            certificate: certified.certificate)
        #expect(throws: ProofError.wrongHeader) { try client.check(header, against: statement) }
        #expect(throws: ProofError.wrongHeader) {
            try client.check(ReceiptProof(index: 0, of: elsewhere, suite: suite), against: statement)
        }
    }

    private func keyProof(_ number: UInt8, _ value: [UInt8]?) throws -> KeyProof {
        var reader = StateTree(suite: suite, cachedPagesMax: 10)
        let path = StateKey(contract: contract, key: [number]).path(in: suite)
        return KeyProof(
            contract: contract, key: [number], value: value, path: try reader.proof(for: path, from: tree.store))
    }

    @Test func keys() throws {
        let client = client
        let statement = certified.certificate.statement
        for number in UInt8(0)..<40 {
            let value = number < 20 ? [number, 1] : nil
            #expect(throws: Never.self) { try client.check(keyProof(number, value), against: statement) }
            for wrong in [number < 20 ? nil : [number, 1], [], [number, 2]] {
                #expect(throws: ProofError.notInState) { try client.check(keyProof(number, wrong), against: statement) }
            }
        }
    }

    /// A whole proof file: accepted as it is, refused with any of its bytes changed.
    @Test func proofFiles() throws {
        var client = client
        for subject in [
            LedgerProof.Subject.key(try keyProof(3, [3, 1])), .key(try keyProof(30, nil)),
            .receipt(ReceiptProof(index: 1, of: certified, suite: suite)),
        ] {
            let bytes = LedgerProof(certificate: certified.certificate, subject: subject).canonicalBytes
            let statement = try LedgerProof(canonicalBytes: bytes).verify(with: &client)
            #expect(statement == certified.certificate.statement)
            for index in bytes.indices {
                var changed = bytes
                changed[index] ^= 1
                guard let proof = try? LedgerProof(canonicalBytes: changed) else { continue }
                // A proof of something else is no forgery: that another key, too, holds nothing.
                guard !proof.isAbsenceOfAnotherKey(than: [30]) else { continue }
                #expect(throws: ProofError.self, "byte \(index)") { try proof.verify(with: &client) }
            }
        }
    }
}

extension LedgerProof {
    fileprivate func isAbsenceOfAnotherKey(than key: [UInt8]) -> Bool {
        guard case .key(let proof) = subject, proof.value == nil else { return false }
        return proof.key != key || proof.contract != .system(7)
    }
}
