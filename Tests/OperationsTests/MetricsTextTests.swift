import Testing

@testable import Operations

@Suite struct MetricsTextTests {
    /// By the example and the rules of the format's own description, 0.0.4.
    @Test func `the text is as the format asks`() {
        var text = MetricsText()
        text.begin("a_total", .counter, "A line\nand a \\ more.")
        text.sample("a_total", ["path": "C:\\DIR\\", "error": "Cannot find \"FILE\"\n"], 1027 as UInt64)
        text.metric("b", .gauge, "With \"quotes\".", 0.5)
        #expect(
            text.text == #"""
                # HELP a_total A line\nand a \\ more.
                # TYPE a_total counter
                a_total{path="C:\\DIR\\",error="Cannot find \"FILE\"\n"} 1027
                # HELP b With "quotes".
                # TYPE b gauge
                b 0.5

                """#)
    }

    @Test func `a histogram counts up to each bound`() {
        let histogram = DurationHistogram()
        for nanoseconds in [1, 100_000, 100_001, 3_000_000, 20_000_000_000] as [UInt64] {
            histogram.record(nanoseconds: nanoseconds)
        }
        #expect(histogram.counts.count == 5)
        var text = MetricsText()
        text.histogram("c", ["stage": "x"], histogram.counts)
        let lines = text.text.split(separator: "\n")
        #expect(lines.count == DurationHistogram.boundsMicroseconds.count + 3)
        #expect(lines[0] == #"c_bucket{stage="x",le="0.0001"} 2"#)
        #expect(lines[1] == #"c_bucket{stage="x",le="0.00025"} 3"#)
        #expect(lines.contains(#"c_bucket{stage="x",le="0.0025"} 3"#))
        #expect(lines.contains(#"c_bucket{stage="x",le="0.005"} 4"#))
        #expect(lines.contains(#"c_bucket{stage="x",le="10.0"} 4"#))
        #expect(lines.suffix(3).first == #"c_bucket{stage="x",le="+Inf"} 5"#)
        #expect(lines.suffix(2).first == #"c_sum{stage="x"} 20.003200002"#)
        #expect(lines.last == #"c_count{stage="x"} 5"#)
    }

    @Test func `the process tells of itself`() throws {
        let before = try #require(ProcessUsage.read())
        var sum: UInt64 = 1
        while try #require(ProcessUsage.read()).seconds < before.seconds + 0.05 {
            for step in 0..<100_000 as Range<UInt64> { sum = sum &* 31 &+ step }
        }
        let after = try #require(ProcessUsage.read())
        #expect(sum != 0 && after.residentByteCount > 1 << 20 && after.openFiles > 2)
        #expect(!after.threads.isEmpty && after.threads.allSatisfy { !$0.name.isEmpty && $0.seconds >= 0 })
    }
}
