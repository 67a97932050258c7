import Cryptography
import Ledger
import Primitives
import Testing

/// What must hold for certificates of known epochs: the same as a light client demands, with the signatures apart.
@Suite struct KnownEpochsTests {
    private let ledger: EpochLedger

    init() throws { ledger = try .ofFourEpochs() }

    private func certificate(_ index: Int) -> BlockCertificate { ledger.blocks[index].certified.certificate }

    private func known(_ count: Int) throws -> KnownEpochs {
        var epochs = KnownEpochs(genesis: ledger.genesis)
        for number in 1..<count {
            try epochs.enter(ledger.epochs[number], by: certificate(ledger.starts[number] - 1).statement)
        }
        return epochs
    }

    @Test func `every certificate of the chain is one, and its signatures hold`() throws {
        let epochs = try known(4)
        for index in ledger.blocks.indices {
            let checks = try epochs.checks(of: certificate(index))
            #expect(checks.count == certificate(index).signatures.count)
            #expect(SerialVerifier().verify(checks).allSatisfy { $0 })
        }
        #expect(epochs.configurations == ledger.epochs && epochs.newest == ledger.epochs[3])
        for number in 0..<3 {
            #expect(epochs.end(of: UInt64(number)) == certificate(ledger.starts[number + 1] - 1).statement)
        }
        #expect(epochs.end(of: 3) == nil && epochs.end(of: 9) == nil && epochs[9] == nil)
    }

    @Test func `an epoch's own rule does not know its heights`() throws {
        let statement = certificate(ledger.starts[2]).statement.changed(epoch: 1)
        let forged = try EpochLedger.certify(statement, as: ledger.epochs[1])
        #expect(try !ledger.epochs[1].checks(of: forged, on: ledger.genesis.terms).isEmpty)
        let epochs = try known(4)
        #expect(throws: ProofError.notOfEpoch(1, height: statement.height)) { try epochs.checks(of: forged) }
        #expect(throws: ProofError.unknownEpoch(1)) {
            try ledger.epochs[2].checks(of: forged, on: ledger.genesis.terms)
        }
    }

    @Test func `what was known up to an epoch`() throws {
        let epochs = try known(4)
        for number in 0..<4 {
            let prefix = try #require(epochs.prefix(through: UInt64(number)))
            #expect(prefix.newest == ledger.epochs[number] && prefix.end(of: UInt64(number)) == nil)
            #expect(prefix.configurations == Array(ledger.epochs.prefix(number + 1)))
        }
        #expect(epochs.prefix(through: 4) == nil)
    }

    @Test func `who is invited knows nothing of earlier epochs`() throws {
        let invitation = Invitation(epoch: 2, digest: ledger.epochs[2].digest(in: EpochLedger.suite))
        var epochs = try KnownEpochs(genesis: ledger.genesis, ledger.epochs[2], by: invitation)
        for number in [0, 1, 3] {
            let certificate = certificate(ledger.starts[number])
            #expect(throws: ProofError.unknownEpoch(UInt64(number))) { try epochs.checks(of: certificate) }
            #expect(throws: ProofError.wrongEpoch(UInt64(number))) {
                try KnownEpochs(genesis: ledger.genesis, ledger.epochs[number], by: invitation)
            }
        }
        try epochs.enter(ledger.epochs[3], by: certificate(ledger.starts[3] - 1).statement)
        #expect(throws: Never.self) { try epochs.checks(of: certificate(ledger.starts[3])) }
        let wrong = Invitation(epoch: 3, digest: invitation.digest)
        #expect(throws: ProofError.wrongEpoch(2)) {
            try KnownEpochs(genesis: ledger.genesis, ledger.epochs[2], by: wrong)
        }
    }
}
