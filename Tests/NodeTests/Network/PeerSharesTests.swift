import Networking
import Primitives
import TestSupport
import Testing

@testable import Node

extension NodeTests {
    /// How much of what waits for the replica may be of one peer.
    @Suite struct PeerSharesTests {
        /// Has peers send in turn until nothing more is taken from any of them; how much of each waits then.
        private static func flood(
            _ shares: inout PeerShares, by nodes: Range<UInt32>, byteCount: Int
        ) -> [PeerShares.Amount] {
            var amounts = nodes.map { _ in PeerShares.Amount() }
            while true {
                let taken = nodes.filter { shares.enter(from: $0, byteCount: byteCount) }
                for node in taken {
                    amounts[Int(node - nodes.lowerBound)].count += 1
                    amounts[Int(node - nodes.lowerBound)].byteCount += byteCount
                }
                guard !taken.isEmpty else { return amounts }
            }
        }

        private static func enter(_ shares: inout PeerShares, _ node: UInt32, _ byteCount: Int) -> Bool {
            shares.enter(from: node, byteCount: byteCount)
        }

        @Test func whoFloodsLeavesRoomForTheOthers() {
            for flooding: UInt32 in [1, 2, 5, 33] {
                var shares = PeerShares(countMax: 10_000, byteCountMax: 1 << 40)
                let amounts = Self.flood(&shares, by: 0..<flooding, byteCount: 100)
                for amount in amounts { #expect(abs(amount.count - 10_000 / (Int(flooding) + 2)) <= 1) }
                // Who was quiet till now has half of what is free, less what it takes of that itself.
                let others = Self.flood(&shares, by: 100..<101, byteCount: 100)
                #expect(others[0].count >= 2 * 10_000 / (3 * (Int(flooding) + 2)) - 1)
                #expect(shares.dropped.map(\.number) == Array(0..<flooding) + [100])
            }
        }

        @Test func bytesCountAsMessagesDo() {
            var shares = PeerShares(countMax: 1 << 40, byteCountMax: 3000)
            #expect(Self.enter(&shares, 7, 900) == true)
            #expect(Self.enter(&shares, 7, 200) == false)
            #expect(Self.enter(&shares, 7, 100) == true)
            #expect(Self.enter(&shares, 7, 1) == false)
            #expect(Self.enter(&shares, 3, 1000) == true)
            #expect(shares.dropped.map(\.number) == [7])
            #expect(shares.dropped.first?.amount == PeerShares.Amount(count: 2, byteCount: 201))
            // What is taken makes room again.
            shares.leave(from: 7, byteCount: 900)
            #expect(Self.enter(&shares, 7, 800) == true)
            #expect(shares.waiting == PeerShares.Amount(count: 3, byteCount: 1900))
        }

        @Test func whateverComesTheBoundsHold() {
            var generator = SeededGenerator(seed: 1)
            var shares = PeerShares(countMax: 50, byteCountMax: 5000)
            var waiting: [(node: UInt32, byteCount: Int)] = []
            for _ in 0..<20_000 {
                let node = UInt32.random(in: 0..<6, using: &generator)
                let byteCount = Int.random(in: 0..<3000, using: &generator)
                if shares.enter(from: node, byteCount: byteCount) { waiting.append((node, byteCount)) }
                if Int.random(in: 0..<3, using: &generator) == 0, !waiting.isEmpty {
                    let index = Int.random(in: waiting.indices, using: &generator)
                    let message = waiting.remove(at: index)
                    shares.leave(from: message.node, byteCount: message.byteCount)
                }
                let sum = waiting.reduce(0) { $0 + $1.byteCount }
                #expect(shares.waiting == PeerShares.Amount(count: waiting.count, byteCount: sum))
                #expect(shares.waiting.count <= 50 && shares.waiting.byteCount <= 5000)
            }
            for message in waiting { shares.leave(from: message.node, byteCount: message.byteCount) }
            #expect(shares.waiting == PeerShares.Amount())
        }

        /// The longest message there is finds room where nothing waits.
        @Test func theLongestMessageIsTaken() {
            var shares = PeerShares()
            #expect(Self.enter(&shares, 0, FrameLimits.bulkBytesMax) == true)
        }
    }
}
