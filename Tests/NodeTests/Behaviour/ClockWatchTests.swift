import Primitives
import Testing

@testable import Node

extension NodeTests {
    /// When an operator hears that the machine's clock is wrong.
    @Suite struct ClockWatchTests {
        private static let start: UInt64 = 1_800_000_000_000

        /// A block each second, whose time is `ahead` milliseconds behind this machine's clock; when it was said.
        private static func told(
            _ watch: inout ClockWatch, seconds: Range<UInt64>, ahead: Int64, isLevel: Bool = true
        ) -> [UInt64: Int64] {
            var told: [UInt64: Int64] = [:]
            for second in seconds {
                let wall = start + 1000 * second
                let now = ClockReading(
                    monotonic: Instant(nanoseconds: second * 1_000_000_000), wall: Timestamp(milliseconds: wall))
                let block = Timestamp(milliseconds: UInt64(Int64(wall) - ahead))
                told[second] = watch.look(block, isLevel: isLevel, now)
            }
            return told
        }

        @Test(arguments: [-3_600_000, -30_001, 30_001, 3_600_000] as [Int64])
        func aWrongClockIsToldAndThenNotForAWhile(ahead: Int64) {
            var watch = ClockWatch()
            #expect(Self.told(&watch, seconds: 10..<620, ahead: ahead) == [13: ahead, 613: ahead])
        }

        @Test func whatMayHaveOtherCausesIsNotTold() {
            var watch = ClockWatch()
            for ahead in [-30_000, -2000, 0, 30_000] as [Int64] {
                #expect(Self.told(&watch, seconds: 0..<60, ahead: ahead) == [:])
            }
            // A node that lacks much executes old blocks.
            #expect(Self.told(&watch, seconds: 60..<120, ahead: 3_600_000, isLevel: false) == [:])
            // So does one at the end of it, and what had to wait long is as old.
            #expect(Self.told(&watch, seconds: 120..<122, ahead: 3_600_000) == [:])
            #expect(Self.told(&watch, seconds: 122..<123, ahead: 5) == [:])
            #expect(Self.told(&watch, seconds: 123..<125, ahead: 3_600_000) == [:])
        }
    }
}
