import Contracts
import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

/// The codings of what the system contracts take, store, return and emit.
@Suite struct FormatGoldenTests {
    private let one = TestBlocks.address(1)
    private let kind = AssetKind(issuer: .system(1), name: "gold", decimals: 2, supply: UInt256(258))

    private func record() throws -> AuthenticationRecord {
        let keys = [
            WeightedKey(key: TestBlocks.key(2), weight: 3), WeightedKey(key: TestBlocks.key(1), weight: 0x0102),
        ]
        return try #require(AuthenticationRecord(threshold: 5, keys: keys))
    }

    /// The codings of "AssetSymbol", "AssetKind", "Holding" and "NamedHolding".
    @Test func `stored assets`() throws {
        let symbol = try #require(AssetSymbol("GOLD-2.XYZ"))
        #expect(symbol.canonicalBytes.hexadecimal == "0x0a474f4c442d322e58595a")
        #expect(
            kind.canonicalBytes.hexadecimal == "0x000000000000000000000000000000000000000104676f6c64020201"
                + String(repeating: "00", count: 30))
        let holding = Holding(balance: UInt256(258), isFrozen: true)
        let digits = "0201" + String(repeating: "00", count: 30) + "01"
        #expect(holding.canonicalBytes.hexadecimal == "0x" + digits)
        #expect(
            NamedHolding(symbol: symbol, holding: holding).canonicalBytes.hexadecimal
                == symbol.canonicalBytes.hexadecimal + digits)
    }

    /// All events of the contract for assets, topics included.
    @Test func `events of assets`() throws {
        var blocks = TestBlocks()
        let actions: [AssetAction] = [
            .create("OIL"), .issue("OIL", to: one, UInt256(9)), .transfer("OIL", to: TestBlocks.address(2), UInt256(1)),
            .approve("OIL", spender: one, UInt256(2)), .transferFrom("OIL", from: one, to: one, UInt256(1)),
            .burn("OIL", UInt256(1)), .freeze("OIL", TestBlocks.address(2)), .unfreeze("OIL", TestBlocks.address(2)),
        ]
        let events = try actions.flatMap { action in
            try blocks.run(Assets.address, action.call.method, action.call.arguments, by: one).events
        }
        #expect(
            events.map(\.name) == [
                "Created", "Issued", "Transferred", "Approved", "Transferred", "Burned", "Frozen", "Unfrozen",
            ])
        #expect(
            Suite.international.hash(events.flatMap(\.canonicalBytes)).description
                == "0x48505bd84b321e94ed2c876849344b48b3c41e15ca95de32902578ed0413bee8")
    }

    private func nextEpoch(_ voters: [UInt8]) -> EpochConfiguration {
        let keys = voters.map { TestBlocks.key($0) }
        return EpochConfiguration(number: 4, engine: .pbft, verification: .shared, orderers: keys, certifiers: keys)
    }

    /// The events of votes for it by the first three, the last of which is enough.
    private func votes(_ voters: [UInt8]) -> [Event] {
        let next = nextEpoch(voters)
        let digest = next.digest(in: .international)
        let votes = voters.prefix(3).map { voter in
            Event(
                contract: Epochs.address, name: "Voted", topics: [TestBlocks.address(voter).topic, digest],
                data: next.number.canonicalBytes)
        }
        let planned = PlannedEpoch(configuration: next, decision: 77).canonicalBytes
        return votes + [Event(contract: Epochs.address, name: "Planned", topics: [digest], data: planned)]
    }

    /// "PlannedEpoch" as it is stored and emitted, "EpochVote" by what it leads to, and the events of the contract.
    @Test func `epochs that follow`() throws {
        var blocks = TestBlocks([Epochs.self])
        // Their keys are such as somebody could hold.
        let voters: [UInt8] = [1, 3, 6, 9]
        let certifiers = voters.map { TestBlocks.key($0) }
        let epoch = EpochConfiguration(
            number: 3, engine: .raft, verification: .all, orderers: certifiers, certifiers: certifiers)
        let next = nextEpoch(voters)
        blocks.epoch = EpochTerms(
            epoch: epoch, voters: EpochVoters(of: epoch, in: .international), decision: 77,
            faultModels: [.crash, .byzantine])
        let receipts = try voters.prefix(3).map {
            try blocks.run(Epochs.address, "change", next.canonicalBytes, by: TestBlocks.address($0))
        }
        #expect(receipts.map(\.events.count) == [1, 1, 2] && receipts.flatMap(\.events) == votes(voters))
        let planned = PlannedEpoch(configuration: next, decision: 77)
        #expect(try blocks.state.value(at: EpochStore.epochKey(4)) == planned.canonicalBytes)
        #expect(EpochStore.epochKey(258).key.hexadecimal == "0x650000000000000102")
        // The golden hash is of keys 1 to 4, of which not all are points: the contract refuses them.
        let golden: [UInt8] = [1, 2, 3, 4]
        let bytes =
            votes(golden).flatMap(\.canonicalBytes)
            + PlannedEpoch(configuration: nextEpoch(golden), decision: 77).canonicalBytes
        #expect(
            Suite.international.hash(bytes).description
                == "0xf6c6e854e6c1919a12d7acbaa9245ed3175d59c49d592acdcf4d79982c419ff7")
    }

    /// "AuthenticationRecord" as an argument, a stored value and an event, and the keys of the contract for accounts.
    @Test func `an account's keys`() throws {
        let record = try record()
        let (keyOfOne, keyOfTwo) = (
            String(repeating: "01", count: 32), String(repeating: "02", count: 32)
        )
        let digits = "0500000002" + "01" + keyOfOne + "0201" + "01" + keyOfTwo + "0300"
        #expect(record.canonicalBytes.hexadecimal == "0x" + digits)
        #expect(Accounts.address.description == "0x0000000000000000000000000000000000000101")
        #expect(AccountStore.recordKey(one) == Array("r".utf8) + one.bytes)
        var blocks = TestBlocks()
        let receipt = try blocks.run(Accounts.address, "setAuthentication", record.canonicalBytes, by: one)
        let event = try #require(receipt.events.first)
        #expect(
            event
                == Event(
                    contract: Accounts.address, name: "AuthenticationSet", topics: [one.topic],
                    data: record.canonicalBytes))
        let stored = blocks.state.values.filter {
            $0.key.hasPrefix(StateKey(contract: Accounts.address, key: [UInt8]()))
        }
        #expect(stored.count == 2)
        #expect(stored[StateKey(contract: Accounts.address, key: Array("r".utf8) + one.bytes)] == record.canonicalBytes)
        #expect(stored[StateKey(contract: Accounts.address, key: Array("n".utf8))] == [1, 0, 0, 0, 0, 0, 0, 0])
        let asked = try blocks.ask(Accounts.address, "authentication", one.bytes)
        #expect(asked.outcome.value == [1] + record.canonicalBytes)
    }
}
