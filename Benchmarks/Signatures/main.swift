// How many Ed25519 signatures one core checks in a second: one by one, in batches, and with attackers' among them; and how
// many SM2 signatures, beside OpenSSL.
//
//     swift run -c release signatures-benchmark [signatures in a round] [rounds]

import BenchmarkSupport

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let rounds = arguments.dropFirst().first ?? 9
Figure.show(SM2Benchmark(count: 256)?.run(rounds: rounds) ?? [])
Figure.show(try SignaturesBenchmark(checkCount: max(1024, arguments.first ?? 4096), rounds: rounds).run())
