// How many Ed25519 signatures one core checks in a second: one by one, in batches, and with attackers' among them.
//
//     swift run -c release signatures-benchmark [signatures in a round] [rounds]

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let benchmark = try SignaturesBenchmark(
    checkCount: max(1_024, arguments.first ?? 4_096), rounds: arguments.dropFirst().first ?? 9)
benchmark.run()
