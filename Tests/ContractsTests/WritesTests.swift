import Contracts
import Ledger
import Primitives
import TestSupport
import Testing

/// The writes that execution reports for each transaction, from which history is told.
@Suite struct WritesTests {
    /// Writes what it is told, in one call or several, and fails when told to.
    enum Scribe: NativeContract {
        static let address = Address.system(0x300)

        static func execute(
            _ method: String, _ arguments: inout CanonicalDecoder, in host: inout Host
        ) throws(ContractError) -> [UInt8] {
            let bytes = try arguments.arguments { decoder throws(CodingError) in try decoder.decodeBytes(maximum: 1000)
            }
            for pair in stride(from: 0, to: bytes.count - 1, by: 2) {
                try host.write(bytes[pair + 1] == 0 ? nil : [bytes[pair + 1]], at: [bytes[pair]])
            }
            if method == "fail" { throw .failed("told", "told to fail") }
            if method == "nest" { _ = try? host.call(address, "fail", coded(bytes)) }
            return []
        }

        static func coded(_ bytes: [UInt8]) -> [UInt8] {
            var encoder = CanonicalEncoder()
            encoder.encode(bytes: bytes)
            return encoder.bytes
        }
    }

    /// Applied one after another, the writes give the state after each transaction, and none is idle.
    @Test(arguments: 1...20) func `writes replay the block`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var blocks = TestBlocks([Scribe.self])
        var model: [UInt8: UInt8] = [:]
        for _ in 0..<8 {
            let plans = (0..<20).map { _ in
                (
                    method: ["write", "fail", "nest"][Int.random(in: 0..<3, using: &generator)],
                    bytes: (0..<2 * Int.random(in: 0..<6, using: &generator)).map { _ in
                        UInt8.random(in: 0..<4, using: &generator)
                    }
                )
            }
            let result = try blocks.execute(
                plans.map {
                    TestBlocks.transaction(
                        Scribe.address, $0.method, Scribe.coded($0.bytes), by: TestBlocks.address(1))
                })
            #expect(result.writes.transactionCount == plans.count)
            for (index, plan) in plans.enumerated() {
                var after = model
                if plan.method != "fail" {
                    for pair in stride(from: 0, to: plan.bytes.count - 1, by: 2) {
                        after[plan.bytes[pair]] = plan.bytes[pair + 1] == 0 ? nil : plan.bytes[pair + 1]
                    }
                }
                var replayed = model
                for write in result.writes[transaction: index] {
                    let key = try #require(write.key.key.first)
                    #expect(replayed[key] != write.value?.first, "a write changes something")
                    replayed[key] = write.value?.first
                }
                #expect(replayed == after)
                #expect(
                    Set(result.writes[transaction: index].map(\.key)).count == result.writes[transaction: index].count)
                model = after
            }
        }
    }
}
