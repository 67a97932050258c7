import Consensus
import Cryptography
import Ledger
import Primitives
import Replica
import Testing

/// Hand-overs in a row, each voted for and executed, and a light client that follows them from the genesis alone.
@Suite struct HandOverTests {
    private let ledger: EpochLedger

    init() throws { ledger = try .ofFourEpochs() }

    private func certificate(_ index: Int) -> BlockCertificate { ledger.blocks[index].certified.certificate }

    /// The place of an epoch's last block.
    private func last(of epoch: Int) -> Int { ledger.starts[epoch + 1] - 1 }

    /// A client that has come as far as an epoch.
    private func client(in epoch: Int = 0) throws -> LightClient {
        var client = LightClient(genesis: ledger.genesis, verifier: SerialVerifier())
        for number in 0..<epoch {
            try client.enter(ledger.epochs[number + 1], by: certificate(last(of: number)))
        }
        return client
    }

    private func failure(_ executed: ExecutedDecision) -> String? {
        guard case .failure(let failure)? = executed.blocks[0].receipts.first?.outcome else { return nil }
        return failure.code
    }

    // MARK: Executing

    @Test func `each epoch is what was voted for, so many decisions after the votes`() throws {
        let keys: [[UInt8]] = [[1, 2, 3, 4], [1, 2, 3, 5, 6], [1, 7, 3, 5, 6], [1, 7, 3, 5, 6]]
        for (number, engine) in [EngineKind.fbft, .fbft, .fbft, .raft].enumerated() {
            #expect(try ledger.epochs[number] == EpochLedger.epoch(UInt64(number), engine, keys[number]))
        }
        #expect(ledger.epochs.count == 4 && ledger.starts.count == 4)
        for number in 0..<3 {
            // The votes are the first decision of their epoch.
            let first = ledger.blocks[ledger.starts[number]].header.decision
            let end = ledger.blocks[last(of: number)].header.decision
            #expect(end == first + ConsensusLimits.executionLagDecisions)
            let names = ledger.blocks[ledger.starts[number]...last(of: number)].map {
                $0.certified.certificate.statement.nextEpoch
            }
            #expect(names.last == ledger.epochs[number + 1].digest(in: EpochLedger.suite))
            #expect(names.dropLast().allSatisfy { $0 == .zero })
        }
    }

    @Test func `only those who certify an epoch vote for the next`() throws {
        var ledger = try EpochLedger()
        try ledger.handOver(to: self.ledger.epochs[1], by: [1, 2, 4])
        let next = self.ledger.epochs[2]
        for (voter, code) in [(4, "notACertifier"), (7, "notACertifier"), (5, nil)] as [(UInt8, String?)] {
            #expect(try failure(ledger.decide([try ledger.vote(for: next, by: voter)])) == code)
        }
        try ledger.handOver(to: next, by: [1, 3, 6])
        #expect(try failure(ledger.decide([try ledger.vote(for: self.ledger.epochs[3], by: 2)])) == "notACertifier")
    }

    // MARK: Following

    @Test func `a light client goes through all of it`() throws {
        var client = try client()
        for block in ledger.blocks {
            let certificate = block.certified.certificate
            let statement = try client.accept(certificate)
            #expect(throws: Never.self) { try client.check(block.header, against: statement) }
            guard statement.nextEpoch != .zero else { continue }
            #expect(client.weakestFaultModel == .byzantine)
            try client.enter(ledger.epochs[Int(statement.epoch) + 1], by: certificate)
        }
        #expect(client.epoch == ledger.epochs[3] && client.weakestFaultModel == .crash)
        // What came before still counts.
        for index in ledger.blocks.indices { #expect(throws: Never.self) { try client.accept(certificate(index)) } }
    }

    @Test func `it goes one epoch after the other`() throws {
        for number in 0..<3 {
            var client = try client(in: number)
            for later in number + 1...3 {
                let certificate = certificate(ledger.starts[later])
                #expect(throws: ProofError.unknownEpoch(UInt64(later))) { try client.accept(certificate) }
            }
            let last = certificate(last(of: number))
            for other in 0...3 where other != number + 1 {
                let error = ProofError.unknownEpoch(UInt64(other))
                #expect(throws: error) { try client.enter(ledger.epochs[other], by: last) }
            }
            // By the last block alone.
            for index in ledger.starts[number]..<self.last(of: number) {
                let error = ProofError.wrongEpoch(UInt64(number) + 1)
                let earlier = certificate(index)
                #expect(throws: error) { try client.enter(ledger.epochs[number + 1], by: earlier) }
            }
        }
    }

    @Test func `an ended epoch's certifiers are believed up to its end`() throws {
        var client = try client(in: 3)
        for number in 0..<3 {
            let epoch = ledger.epochs[number]
            for index in ledger.starts[number + 1]..<ledger.blocks.count {
                let statement = certificate(index).statement.changed(epoch: UInt64(number))
                let forged = try EpochLedger.certify(statement, as: epoch)
                let error = ProofError.notOfEpoch(UInt64(number), height: UInt64(index) + 1)
                #expect(throws: error) { try client.accept(forged) }
            }
        }
    }

    /// The one that was removed, and the old key of the one that has another.
    @Test func `those who left certify nothing after their epoch`() throws {
        var client = try client(in: 3)
        for (epoch, gone, place) in [(1, 4, 3), (2, 2, 1), (3, 2, 1)] as [(Int, UInt8, UInt32)] {
            let good = certificate(ledger.starts[epoch])
            let signature = try EpochLedger.key(gone).sign(good.statement.digest(in: EpochLedger.suite))
            var signatures = good.signatures
            signatures[Int(place)] = CertifierSignature(certifier: place, signature: signature)
            let forged = BlockCertificate(statement: good.statement, rule: good.rule, signatures: signatures)
            #expect(throws: ProofError.wrongSignature) { try client.accept(forged) }
            // All of the epoch before, by its places and its rule.
            let stale = try EpochLedger.certify(good.statement, as: ledger.epochs[epoch - 1])
            #expect(throws: ProofError.self) { try client.accept(stale) }
            // Those who stayed, without the one who came, as long as they are too few.
            let stayed = try EpochLedger.certify(good.statement, as: ledger.epochs[epoch], by: [1, 3])
            #expect(throws: ProofError.noQuorum) { try client.accept(stayed) }
        }
    }

    @Test func `an epoch that the genesis does not allow is neither voted for nor entered`() throws {
        let key = try EpochLedger.key(1).publicKey
        let national = try SoftwareKey(scheme: .sm2, seed: [UInt8](repeating: 1, count: 32)).publicKey
        let nobodys = try #require(PublicKey(scheme: .ed25519, bytes: [UInt8](repeating: 0, count: 32)))
        func epoch(_ engine: EngineKind, _ certifier: PublicKey) -> EpochConfiguration {
            EpochConfiguration(
                number: 1, engine: engine, verification: .all, orderers: [key], certifiers: [certifier])
        }
        let signed = certificate(last(of: 0)).statement
        for (next, error) in [
            (epoch(.solo, key), GenesisError.faultModelNotAllowed(.none)),
            (epoch(.fbft, national), .schemeNotOfSuite(.sm2, suite: .international)),
            (epoch(.fbft, nobodys), .invalidKey(nobodys)),
        ] {
            var ledger = try EpochLedger()
            #expect(try failure(ledger.decide([try ledger.vote(for: next, by: 1)])) == "notAllowed")
            // All have signed it all the same.
            let statement = signed.changed(nextEpoch: next.digest(in: EpochLedger.suite))
            let certificate = try EpochLedger.certify(statement, as: ledger.epochs[0])
            var client = try client()
            #expect(throws: ProofError.epochNotAllowed(error)) { try client.enter(next, by: certificate) }
            #expect(client.epoch == ledger.epochs[0])
        }
    }
}
