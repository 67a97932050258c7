import Cryptography
import Dissemination
import Ledger
import Primitives
import TestSupport
import Testing

@Suite struct MempoolTests {
    private static func transaction(_ sender: UInt8, _ salt: UInt64, expiry: UInt64 = 1000) -> SignedTransaction {
        let address = Address(copying: [UInt8](repeating: sender, count: 20).span, at: 0)
        let transaction = Transaction(
            genesis: .zero, group: 1, sender: address, contract: address, method: "m", arguments: [], salt: salt,
            expiry: Timestamp(milliseconds: expiry), gasLimit: 1)
        return SignedTransaction(
            transaction: transaction, signatures: [], identity: transaction.identity(in: .international))
    }

    @Test func `senders take turns, and each is served in its order`() {
        var pool = Mempool()
        for salt in 0..<3 as Range<UInt64> { #expect(pool.insert(Self.transaction(1, salt)) == nil) }
        #expect(pool.insert(Self.transaction(2, 10)) == nil)
        #expect(pool.insert(Self.transaction(3, 20)) == nil)
        let taken = pool.take(at: Timestamp(milliseconds: 0)) { _ in true }.map(\.transaction.salt)
        #expect(taken.first == 0 && Set(taken[1...2]) == [10, 20])
        #expect(taken.filter { $0 < 3 } == [0, 1, 2])
        #expect(pool.isEmpty && pool.byteCount == 0)
    }

    @Test func `a transaction is there once, a sender has its share, and the whole is bounded`() {
        var pool = Mempool(transactionsMax: 5, byteCountMax: 1 << 20, perSenderMax: 2)
        #expect(pool.insert(Self.transaction(1, 1)) == nil)
        #expect(pool.insert(Self.transaction(1, 1)) == .duplicate)
        #expect(pool.insert(Self.transaction(1, 2)) == nil)
        #expect(pool.insert(Self.transaction(1, 3)) == .overloaded)
        for sender in 2...4 as ClosedRange<UInt8> { #expect(pool.insert(Self.transaction(sender, 1)) == nil) }
        #expect(pool.insert(Self.transaction(5, 1)) == .overloaded)
        _ = pool.take(at: Timestamp(milliseconds: 0)) { _ in true }
        #expect(pool.insert(Self.transaction(1, 1)) == nil, "what was taken is forgotten")
        var small = Mempool(transactionsMax: 5, byteCountMax: 10, perSenderMax: 2)
        #expect(small.insert(Self.transaction(1, 1)) == .overloaded)
    }

    @Test func `what has expired is passed over`() {
        var pool = Mempool()
        #expect(pool.insert(Self.transaction(1, 1, expiry: 100)) == nil)
        #expect(pool.insert(Self.transaction(1, 2, expiry: 300)) == nil)
        #expect(pool.take(at: Timestamp(milliseconds: 100)) { _ in true }.map(\.transaction.salt) == [2])
        #expect(pool.isEmpty)
    }

    /// Against a model that does it by searching.
    @Test func `nothing is lost and nobody waits for longer than a round`() {
        var generator = SeededGenerator(seed: 5)
        var pool = Mempool()
        var model: [UInt8: [UInt64]] = [:]
        var salt: UInt64 = 0
        for _ in 0..<2000 {
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let sender = UInt8.random(in: 0...12, using: &generator)
                salt += 1
                #expect(pool.insert(Self.transaction(sender, salt)) == nil)
                model[sender, default: []].append(salt)
            }
            var left = Int.random(in: 0...6, using: &generator)
            let waiting = model.values.filter { !$0.isEmpty }.count
            let taken = pool.take(at: Timestamp(milliseconds: 0)) { _ in
                left -= 1
                return left >= 0
            }
            var turns: [UInt8: Int] = [:]
            for signed in taken {
                let sender = signed.sender.bytes[0]
                #expect(model[sender]?.first == signed.transaction.salt)
                model[sender]?.removeFirst()
                turns[sender, default: 0] += 1
            }
            // As long as all have something, nobody has a second turn before each has had one.
            if taken.count <= waiting, model.values.filter({ !$0.isEmpty }).count == waiting {
                #expect(turns.values.allSatisfy { $0 <= 1 })
            }
            #expect(pool.count == model.values.reduce(0) { $0 + $1.count })
        }
    }
}
