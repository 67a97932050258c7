import Contracts
import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

/// What execution version 1 gives, for ever. Where one of these fails, results have changed: that is a new version, not
/// a new expectation.
@Suite struct GoldenTests {
    @Test func `the gas of version 1`() {
        let gas = GasSchedule.version1
        #expect(gas.transaction == 2000 && gas.transactionByte == 8 && gas.signature == 20_000 && gas.call == 500)
        #expect(gas.read == 400 && gas.readByte == 1 && gas.write == 1000 && gas.writeByte == 8)
        #expect(gas.scan == 2000 && gas.scanItem == 400 && gas.event == 400 && gas.eventByte == 8)
        #expect(gas.resultByte == 8)
        #expect(Mirror(reflecting: gas).children.count == 13, "a price that this test does not know")
        #expect(gas.intrinsic(byteCount: 300, signatures: 2) == 2000 + 300 * 8 + 2 * 20_000)
    }

    @Test func `the limits of version 1`() {
        #expect(ContractLimits.callDepthMax == 64 && ContractLimits.scanItemsMax == 1000)
        #expect(ContractLimits.blockOutputByteCountMax == 16 << 20 && ContractLimits.eventFrameByteCountMax == 32)
        #expect(LedgerLimits.eventsMax == 1024 && LedgerLimits.topicsMax == 4)
        #expect(LedgerLimits.eventNameByteCountMax == 64 && LedgerLimits.payloadByteCountMax == 1 << 20)
        #expect(LedgerLimits.failureTextByteCountMax == 512)
        #expect(LedgerLimits.stateKeyByteCountMax == 256 && LedgerLimits.stateValueByteCountMax == 1 << 20)
    }

    @Test func `the versions that this program carries`() {
        #expect(ExecutionRules.currentVersion == 1)
        #expect(ExecutionRules.versionWithMembers == 3 && LedgerLimits.executionVersionWithMembersMin == 3)
        for version: UInt32 in [1, 2, 3] { #expect(ExecutionRules(version: version)?.version == version) }
        for version: UInt32 in [0, 4, .max] { #expect(ExecutionRules(version: version) == nil) }
    }

    /// One block with every method and every failure, words included: they are part of the results.
    private var block: [SignedTransaction] {
        let (issuer, alice, bob) = (TestBlocks.address(1), TestBlocks.address(2), TestBlocks.address(3))
        let five = UInt256(5)
        let actions: [(AssetAction, Address)] = [
            (.create("GOLD"), issuer), (.create("GOLD"), alice), (.create("gold"), alice),
            (.issue("GOLD", to: alice, UInt256(100)), issuer), (.issue("GOLD", to: alice, five), alice),
            (.issue("GOLD", to: alice, .max), issuer), (.issue("OIL", to: alice, five), issuer),
            (.transfer("GOLD", to: bob, five), alice), (.transfer("GOLD", to: bob, UInt256(96)), alice),
            (.transfer("OIL", to: bob, .zero), alice), (.approve("GOLD", spender: bob, five), alice),
            (.transferFrom("GOLD", from: alice, to: bob, five), bob),
            (.transferFrom("GOLD", from: alice, to: bob, five), bob), (.burn("GOLD", five), bob),
            (.freeze("GOLD", alice), issuer), (.transfer("GOLD", to: bob, five), alice),
            (.unfreeze("GOLD", alice), issuer),
        ]
        var transactions = actions.enumerated().map { index, entry in
            TestBlocks.transaction(
                Assets.address, entry.0.call.method, entry.0.call.arguments, by: entry.1, salt: UInt64(index))
        }
        let name = CanonicalEncoder.text("GOLD")
        let asks = [
            ("kind", name), ("balance", name + alice.bytes), ("allowance", name + alice.bytes + bob.bytes),
            ("holdings", alice.bytes), ("nothing", []), ("kind", [1, 2, 3, 4]), ("kind", [1, 200]),
        ]
        transactions += asks.enumerated().map { index, ask in
            TestBlocks.transaction(Assets.address, ask.0, ask.1, by: bob, salt: UInt64(100 + index))
        }
        transactions.append(TestBlocks.transaction(bob, "transfer", [], by: bob))
        transactions.append(TestBlocks.transaction(Assets.address, "kind", name, by: bob, gasLimit: 3000))
        return transactions
    }

    @Test func `the receipts and the state of a fixed block`() throws {
        var blocks = TestBlocks()
        let result = try blocks.execute(block)
        let root = MerkleList.root(of: result.receipts.map(\.canonicalBytes), in: .international)
        #expect(
            result.receipts.map { $0.outcome.code ?? "success" } == [
                "success", "exists", "badArguments", "success", "notIssuer", "overflow", "noAsset", "success",
                "balanceTooSmall", "noAsset", "success", "success", "allowanceTooSmall", "success", "success", "frozen",
                "success", "success", "success", "success", "success", "noMethod", "badArguments", "badArguments",
                "noContract", "outOfGas",
            ])
        #expect(root.description == "0xdf3f72babf32011991d75fa6e93ebb49e80e865dd88b08f69a79acd9ee40b675")
        var encoder = CanonicalEncoder()
        for change in result.changes {
            encoder.encode(bytes: change.key.bytes)
            encoder.encode(bytes: change.value ?? [])
        }
        #expect(
            Suite.international.hash(encoder.bytes).description
                == "0x39849444b15192a600f1dbcf56d77d3c60ebd3980d9db62ce6742d0689effdfe")
        #expect(
            result.receipts.map(\.gasUsed) == [
                27652, 24990, 24532, 30342, 25718, 25718, 25644, 30341, 25717, 25668, 28622, 32518, 26036, 30047, 27855,
                25717, 27887, 25342, 25919, 25756, 427037, 24364, 24404, 24372, 24372, 3000,
            ])
    }

    @Test func `the keys of the contract for assets`() throws {
        let symbol = try #require(AssetSymbol("OIL"))
        let (one, two) = (TestBlocks.address(1), TestBlocks.address(2))
        #expect(AssetStore.kindKey(symbol) == Array("kOIL".utf8))
        #expect(AssetStore.holdingKey(symbol, one) == Array("h".utf8) + one.bytes + Array("OIL".utf8))
        #expect(
            AssetStore.allowanceKey(symbol, owner: one, spender: two)
                == Array("a".utf8) + one.bytes + two.bytes + Array("OIL".utf8))
        #expect(Assets.address.description == "0x0000000000000000000000000000000000000100")
    }
}
