import Cryptography
import Ledger
import Primitives
import Testing

@testable import Replica

@Suite struct ResultCollectorTests {
    private let nodes: [PublicKey]
    private let statement: ResultStatement
    private let digest: Digest
    private var collector: ResultCollector

    init() throws {
        nodes = try (1...4).map { try SoftwareKey(scheme: .ed25519, seed: [UInt8](repeating: $0, count: 32)).publicKey }
        let epoch = EpochConfiguration(
            number: 0, engine: .fbft, verification: .all, orderers: nodes, certifiers: nodes)
        let header = BlockHeader(
            group: 1, height: 1, parent: .zero, epoch: 0, executionVersion: 1, decision: 1,
            time: Timestamp(milliseconds: 1), transactionCount: 0, transactionsRoot: .zero)
        statement = ResultStatement(
            header: header, blockHash: .zero, genesis: .zero, stateRoot: .zero, receiptsRoot: .zero)
        digest = statement.digest(in: .international)
        collector = ResultCollector(epoch: epoch, suite: .international, certified: 0, plant: nil)
    }

    private func result(_ certifier: UInt8) -> OwnResult {
        OwnResult(height: 1, digest: digest, signature: Signature(repeating: certifier))
    }

    /// A liar's certificate with its own signature and two that are wrong, while its result comes by itself, too.
    @Test mutating func `nobody is in a certificate twice`() throws {
        collector.know(statement)
        let rule = QuorumRule(model: .byzantine, count: 4)
        collector.take(
            BlockCertificate(
                statement: statement, rule: rule,
                signatures: [0, 1, 3].map {
                    CertifierSignature(certifier: $0, signature: Signature(repeating: UInt8($0)))
                }))
        let offered = collector.nextChecks(at: 1)
        let first = try #require(offered)
        collector.take(result(3), from: 3)
        let early = collector.checked(first, first.results.map { $0.certifier == 3 })
        #expect(early == nil)
        collector.take(own: result(2), certifier: 2)
        let own = collector.verdict(at: 1)
        #expect(own == nil)
        collector.take(result(0), from: 0)
        if let second = collector.nextChecks(at: 1) {
            _ = collector.checked(second, second.results.map { _ in true })
        }
        let certificate = try #require(collector.certificate(at: 1))
        #expect(certificate.signatures.map(\.certifier) == [0, 2, 3])
        #expect(try BlockCertificate(canonicalBytes: certificate.canonicalBytes) == certificate)
    }

    @Test mutating func `what is certified and told is not taken up again`() {
        collector.know(statement)
        collector.forget(upTo: 1)
        collector.take(own: result(2), certifier: 2)
        let (verdict, checks) = (collector.verdict(at: 1), collector.nextChecks(at: 1))
        #expect(verdict == nil && checks == nil)
    }
}
