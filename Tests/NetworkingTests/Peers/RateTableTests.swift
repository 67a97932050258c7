import Networking
import Primitives
import TestSupport
import Testing

/// How much each of many clients may do.
@Suite struct RateTableTests {
    /// With room for all of them a table does what a bucket for each would do, and forgets only who may forget nothing.
    @Test(arguments: 0..<6) func itIsABucketForEach(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (perSecond, capacity) = (
            Int.random(in: 5...50, using: &generator), Int.random(in: 1...40, using: &generator)
        )
        var table = RateTable(perSecond: perSecond, capacity: capacity, clientsMax: 24, nowMilliseconds: 0)
        var model: [String: TokenBucket] = [:]
        var now: UInt64 = 0
        for _ in 0..<4_000 {
            now += UInt64.random(in: 0...400, using: &generator)
            // Of thirty clients few are active at a time, and those who rest leave their places.
            let client = "\(now / 20_000 % 3 * 10 + UInt64.random(in: 0..<10, using: &generator))"
            var bucket =
                model[client] ?? TokenBucket(perSecond: perSecond, capacity: capacity, nowMilliseconds: now)
            let wait = bucket.waitMilliseconds(nowMilliseconds: now)
            #expect(table.waitMilliseconds(client, nowMilliseconds: now) == wait)
            if wait == 0 {
                let count = Int.random(in: 0...(capacity / 4 + 1), using: &generator)
                bucket.take(count, nowMilliseconds: now)
                table.take(count, by: client, nowMilliseconds: now)
            }
            model[client] = bucket
            #expect(table.clientCount <= 24)
        }
    }

    /// Without room those who come anew share a bucket; those who are known keep theirs.
    @Test func aFullTableIsBounded() {
        var table = RateTable(perSecond: 1, capacity: 10, clientsMax: 3, nowMilliseconds: 0)
        for client in ["a", "b", "c"] { table.take(8, by: client, nowMilliseconds: 0) }
        for number in 0..<5 { table.take(3, by: "new \(number)", nowMilliseconds: 0) }
        #expect(table.clientCount == 3)
        #expect(table.waitMilliseconds("another", nowMilliseconds: 0) == 5_000)
        #expect(table.waitMilliseconds("a", nowMilliseconds: 0) == 0)
        // After a rest there is room again.
        #expect(table.waitMilliseconds("another", nowMilliseconds: 8_000) == 0)
        table.take(20, by: "another", nowMilliseconds: 8_000)
        #expect(table.clientCount == 1)
        #expect(table.waitMilliseconds("another", nowMilliseconds: 8_000) == 10_000)
    }

    @Test func addressesAreLimitedByWhatTheirOwnersCannotChoose() throws {
        func network(_ host: String) throws -> String { try SocketAddress(host: host, port: 1).network }
        #expect(try network("192.0.2.7") == "192.0.2.7")
        #expect(try network("::ffff:192.0.2.7") == "192.0.2.7")
        #expect(try network("2001:db8:1:2::7") == network("2001:db8:1:2:ffff::"))
        #expect(try network("2001:db8:1:2::7") != network("2001:db8:1:3::7"))
        #expect(try network("::1") != network("192.0.2.7"))
    }
}
