// How many leaves a second the state tree updates, and how much of that time its hashes take.
//
//     swift run -c release state-tree-benchmark [leaves] [changes in a batch] [pages in memory] [rounds of 25 batches]

import BenchmarkSupport

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
var benchmark = StateTreeBenchmark(
    leafCount: arguments.first ?? 1_000_000, batchCount: arguments.dropFirst().first ?? 10_000,
    cachedPagesMax: arguments.dropFirst(2).first ?? 1_000_000)
Figure.show(try benchmark.run(rounds: arguments.dropFirst(3).first ?? 5))
