import Cryptography
import Ledger
import Primitives
import TestSupport
import Testing

/// A block's receipts, and what its transactions wrote, as their coding.
@Suite struct ReceiptsTests {
    private func receipts() -> [Receipt] {
        let topics = [Digest.zero, Suite.international.hash([1])]
        let events = (0..<3).map { count in
            Event(
                contract: .system(UInt16(count)), name: "Event\(count)", topics: Array(topics.prefix(count)),
                data: [UInt8](repeating: 5, count: 90 * count))
        }
        return [
            Receipt(transaction: .zero, outcome: .success([]), gasUsed: 0, events: []),
            Receipt(transaction: topics[1], outcome: .success([1, 2]), gasUsed: .max, events: events),
            Receipt(
                transaction: Suite.international.hash([2]), outcome: .failure(Failure(code: "no", text: "nö")),
                gasUsed: 7, events: []),
        ]
    }

    @Test func `each is what was put in`() {
        let all = receipts()
        let coded = Receipts(all)
        #expect(coded.count == all.count && Array(coded) == all)
        for (index, receipt) in all.enumerated() {
            #expect(Array(coded.coding(at: index)) == receipt.canonicalBytes)
            #expect(Array(coded.resultCoding(at: index)) == Array(receipt.canonicalBytes.dropFirst(32)))
            #expect(coded.transaction(at: index) == receipt.transaction)
        }
        #expect(coded == Receipts(all) && coded != Receipts(all.reversed()))
    }

    /// As execution appends them, with events that are coded already.
    @Test func `parts give the same coding`() {
        var coded = Receipts()
        for receipt in receipts() {
            coded.append(
                transaction: receipt.transaction, outcome: receipt.outcome, gasUsed: receipt.gasUsed,
                eventCount: receipt.events.count, codedEvents: receipt.events.flatMap(\.canonicalBytes))
        }
        #expect(coded == Receipts(receipts()))
    }

    @Test(arguments: 1...10) func `writes are what was put in`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var writes = BlockWrites()
        let all = (0..<20).map { _ in
            (0..<Int.random(in: 0..<5, using: &generator)).map { _ in
                let contract = Address.system(UInt16.random(in: 0..<3, using: &generator))
                let key = generator.bytes(Int.random(in: 0..<100, using: &generator))
                let value = generator.bytes(Int.random(in: 0..<80, using: &generator))
                return StateWrite(
                    key: StateKey(contract: contract, key: key),
                    value: Bool.random(using: &generator) ? value : nil)
            }
        }
        for transaction in all { writes.append(transaction) }
        #expect(writes.transactionCount == all.count)
        for (index, transaction) in all.enumerated() {
            #expect(Array(writes[transaction: index]) == transaction)
            let contract = Address.system(UInt16.random(in: 0..<3, using: &generator))
            var encoder = CanonicalEncoder()
            WriteCoding.encode(writes[transaction: index], after: contract, to: &encoder)
            var decoder = CanonicalDecoder(encoder.bytes)
            #expect(try WriteCoding.decode(after: contract, from: &decoder) == transaction)
            #expect(decoder.remaining == 0)
        }
    }
}

extension ReceiptsTests {
    @Test func `events are found in the coding`() {
        #expect(LedgerLimits.topicsMax == 4, "a coded event has place for four topics")
        let all = receipts()
        let coded = Receipts(all)
        for (index, receipt) in all.enumerated() {
            var found: [Event] = []
            coded.forEachEvent(at: index) { event in
                let name = String(decoding: coded.bytes[event.name], as: UTF8.self)
                let topics = (0..<event.topicCount).map { event.topics[$0] }
                found.append(Event(contract: event.contract, name: name, topics: topics, data: []))
            }
            #expect(
                found == receipt.events.map { Event(contract: $0.contract, name: $0.name, topics: $0.topics, data: []) }
            )
        }
    }
}

extension ReceiptsTests {
    /// Keys come from disks too, and others put more before them.
    @Test func `a key that no contract could write is refused`() throws {
        func decoded(_ key: StateKey) throws -> [StateWrite] {
            var encoder = CanonicalEncoder()
            WriteCoding.encode([StateWrite(key: key, value: [1])], after: .system(9), to: &encoder)
            var decoder = CanonicalDecoder(encoder.bytes)
            return try WriteCoding.decode(after: .system(9), from: &decoder)
        }
        let longest = LedgerLimits.stateKeyByteCountMax
        for count in [0, 1, longest] {
            let key = StateKey(contract: .system(8), key: [UInt8](repeating: 7, count: count))
            #expect(try decoded(key).map(\.key) == [key])
        }
        for count in [longest + 1, 700, 1000] {
            let key = StateKey(contract: .system(8), key: [UInt8](repeating: 7, count: count))
            #expect(throws: CodingError.self) { try decoded(key) }
        }
        #expect(throws: CodingError.self) { try decoded(StateKey(StoreKey([0, 1, 2]))) }
    }
}
