import Contracts
import Cryptography
import Ledger
import Primitives
import Testing

/// Who decides what the next epoch is, and when.
@Suite struct EpochsTests {
    private var blocks = TestBlocks([Epochs.self])
    /// Those of the test's accounts whose keys somebody could hold.
    private static let voters: [UInt8] = [1, 3, 6, 9]
    private static let keys = voters.map { TestBlocks.key($0) }
    private static let epoch = EpochConfiguration(
        number: 0, engine: .raft, verification: .all, orderers: keys, certifiers: keys)

    init() { setDecision(10) }

    private mutating func setDecision(_ decision: UInt64) {
        blocks.epoch = Self.terms(voters: Self.epoch, decision)
    }

    private static func terms(voters: EpochConfiguration, _ decision: UInt64 = 10) -> EpochTerms {
        EpochTerms(
            epoch: epoch, voters: EpochVoters(of: voters, in: TestBlocks.suite), decision: decision,
            faultModels: [.crash, .byzantine])
    }

    private func configuration(
        _ number: UInt64 = 1, _ engine: EngineKind = .fbft, _ verification: VerificationMode = .all,
        certifiers: [PublicKey] = keys
    ) -> EpochConfiguration {
        EpochConfiguration(
            number: number, engine: engine, verification: verification, orderers: Self.keys, certifiers: certifiers)
    }

    private mutating func vote(_ next: EpochConfiguration, by voter: UInt8) throws -> String {
        let receipt = try blocks.run(
            Epochs.address, "change", next.canonicalBytes, by: TestBlocks.address(voter), gasLimit: 100_000_000)
        return receipt.outcome.code ?? receipt.events.map(\.name).joined(separator: " ")
    }

    private func planned() throws -> PlannedEpoch? {
        let value = try #require(try blocks.ask(Epochs.address, "planned", []).outcome.value)
        var decoder = CanonicalDecoder(value)
        return try decoder.decodeOption(PlannedEpoch.self)
    }

    @Test mutating func `a quorum of certifiers decides, whatever the others want`() throws {
        #expect(try vote(configuration(), by: 1) == "Voted")
        #expect(try vote(configuration(), by: 1) == "Voted")
        #expect(try vote(configuration(1, .pbft), by: 3) == "Voted")
        #expect(try vote(configuration(), by: 6) == "Voted")
        #expect(try planned() == nil)
        #expect(try vote(configuration(), by: 9) == "Voted Planned")
        #expect(try planned() == PlannedEpoch(configuration: configuration(), decision: 10))
        let current = try #require(try blocks.ask(Epochs.address, "current", []).outcome.value)
        #expect(try EpochConfiguration(canonicalBytes: current) == Self.epoch)
    }

    @Test mutating func `another change takes the place of the first, but not of its end`() throws {
        for voter in Self.voters.prefix(3) { _ = try vote(configuration(), by: voter) }
        setDecision(14)
        let fewer = configuration(1, .pbft, certifiers: Array(Self.keys.prefix(3)))
        for voter in Self.voters.suffix(3) { _ = try vote(fewer, by: voter) }
        #expect(try planned() == PlannedEpoch(configuration: fewer, decision: 10))
    }

    @Test mutating func `strangers, other numbers and what the chain may not become are refused`() throws {
        #expect(try vote(configuration(), by: 2) == "notACertifier")
        for number in [0, 2, UInt64.max] { #expect(try vote(configuration(number), by: 1) == "wrongNumber") }
        #expect(try vote(configuration(1, .solo), by: 1) == "notAllowed")
        #expect(try vote(configuration(1, .raft, .shared), by: 1) == "notAllowed")
        #expect(try vote(configuration(1, .fbft, .shared, certifiers: [Self.keys[0]]), by: 1) == "notAllowed")
        // A key that nobody can hold.
        #expect(try vote(configuration(1, .fbft, certifiers: [TestBlocks.key(2)]), by: 1) == "notAllowed")
        #expect(try vote(configuration(1, .fbft, .shared), by: 1) == "Voted")
        let receipt = try blocks.run(Epochs.address, "change", [1, 2, 3], by: TestBlocks.address(1))
        #expect(receipt.outcome.code == "badArguments")
        #expect(try blocks.run(Epochs.address, "end", [], by: TestBlocks.address(1)).outcome.code == "noMethod")
        blocks.epoch = nil
        #expect(try vote(configuration(), by: 1) == "noEpoch")
    }

    /// Nobody makes a node work through a configuration for the price of its bytes, nor make addresses at every call.
    @Test mutating func `who may vote is looked up in the terms, before anything is decoded`() throws {
        for stranger in [2, 200] as [UInt8] {
            let receipt = try blocks.run(Epochs.address, "change", [1, 2, 3], by: TestBlocks.address(stranger))
            #expect(receipt.outcome.code == "notACertifier")
        }
        blocks.epoch = Self.terms(voters: configuration(certifiers: [TestBlocks.key(9), TestBlocks.key(2)]))
        #expect(try vote(configuration(), by: 2) == "Voted")
        #expect(try vote(configuration(), by: 1) == "notACertifier")
    }

    @Test mutating func `every key that is to be checked costs gas`() throws {
        func gasUsed(_ certifiers: [PublicKey]) throws -> UInt64 {
            let next = configuration(certifiers: certifiers)
            return try blocks.run(Epochs.address, "change", next.canonicalBytes, by: TestBlocks.address(1)).gasUsed
        }
        let one = try gasUsed([Self.keys[0]])
        let three = try gasUsed(Array(Self.keys.prefix(3)))
        #expect(three >= one + 2 * GasSchedule.version1.signature)
    }
}
