import Cryptography
import Primitives
import Testing

@testable import Ledger

/// What may begin a chain.
@Suite struct GenesisTests {
    private func genesis(_ suite: Suite, orderer: SignatureScheme, certifier: SignatureScheme) throws -> Genesis {
        self.genesis(suite, orderer: try key(orderer), certifier: try key(certifier))
    }

    private func genesis(_ suite: Suite, orderer: PublicKey, certifier: PublicKey) -> Genesis {
        Genesis(
            name: "test", suite: suite, group: 1, time: Timestamp(milliseconds: 1), faultModels: [.none],
            epoch: EpochConfiguration(
                number: 0, engine: .solo, verification: .all, orderers: [orderer], certifiers: [certifier]),
            executionVersion: 1, limits: ChainLimits())
    }

    private func key(_ scheme: SignatureScheme) throws -> PublicKey {
        try SoftwareKey(scheme: scheme, seed: [UInt8](repeating: 2, count: 32)).publicKey
    }

    private func refusal(of genesis: Genesis) -> GenesisError? {
        do throws(GenesisError) { try genesis.check() } catch { return error }
        return nil
    }

    @Test func `validators sign by the suite's own schemes`() throws {
        for suite in Suite.allCases {
            for scheme in SignatureScheme.allCases {
                let isOwn = (scheme == .sm2) == (suite == .national)
                for genesis in [
                    try genesis(suite, orderer: scheme, certifier: suite.defaultScheme),
                    try genesis(suite, orderer: suite.defaultScheme, certifier: scheme),
                ] {
                    #expect(refusal(of: genesis) == (isOwn ? nil : .schemeNotOfSuite(scheme, suite: suite)))
                    let decoded = try? Genesis(canonicalBytes: genesis.canonicalBytes)
                    #expect((decoded == nil) == !isOwn)
                }
            }
        }
    }

    @Test func `validators' keys are such as somebody can hold`() throws {
        for suite in Suite.allCases {
            for scheme in suite.validatorSchemes {
                let good = try key(scheme)
                let bytes = [UInt8](repeating: 4, count: scheme.publicKeyByteCount)
                let bad = try #require(PublicKey(scheme: scheme, bytes: bytes))
                for genesis in [
                    genesis(suite, orderer: bad, certifier: good), genesis(suite, orderer: good, certifier: bad),
                ] {
                    #expect(refusal(of: genesis) == .invalidKey(bad))
                    #expect(throws: CodingError.self) { try Genesis(canonicalBytes: genesis.canonicalBytes) }
                }
                #expect(refusal(of: genesis(suite, orderer: good, certifier: good)) == nil)
            }
        }
    }

    @Test func `the error says what may be`() {
        let error = GenesisError.schemeNotOfSuite(.ed25519, suite: .national)
        #expect(error.description.hasSuffix("suite national validators sign by sm2"))
    }
}
