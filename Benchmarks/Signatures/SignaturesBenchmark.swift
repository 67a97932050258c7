internal import Cryptography
internal import Glibc
internal import Primitives
internal import TestSupport

/// Checks the same signatures in each way and prints how many a second, by the processor's time: best and median.
struct SignaturesBenchmark {
    private let rounds: Int
    private let honest: [SignatureCheck]
    /// Signatures of other digests, and keys that are no points.
    private let forged, undecodable: [SignatureCheck]

    init(checkCount: Int, rounds: Int) throws {
        self.rounds = rounds
        var generator = SeededGenerator(seed: 1)
        var noPoint = [UInt8](repeating: 0, count: 32)
        noPoint[0] = 2
        var (honest, forged, undecodable): ([SignatureCheck], [SignatureCheck], [SignatureCheck]) = ([], [], [])
        for _ in 0..<checkCount {
            let key = try SoftwareKey(scheme: .ed25519, seed: generator.bytes(32))
            let digest = Digest(copying: generator.bytes(32).span, at: 0)
            let other = Digest(copying: generator.bytes(32).span, at: 0)
            let signature = try key.sign(digest)
            honest.append(SignatureCheck(publicKey: key.publicKey, digest: digest, signature: signature))
            forged.append(SignatureCheck(publicKey: key.publicKey, digest: other, signature: signature))
            guard let nobody = PublicKey(scheme: .ed25519, bytes: noPoint) else { continue }
            undecodable.append(SignatureCheck(publicKey: nobody, digest: digest, signature: signature))
        }
        (self.honest, self.forged, self.undecodable) = (honest, forged, undecodable)
    }

    func run() {
        print("checks a second on one core, \(honest.count) a round, \(rounds) rounds: best, median")
        let baseline = report("libsodium, one by one", 1, against: nil, badOf: { _, _ in false }) { checks in
            checks.map(Ed25519Benchmarking.verifyWithSodium)
        }
        _ = report("ours, one by one", 1, against: baseline, badOf: { _, _ in false }) { checks in
            checks.map(\.isValid)
        }
        for (name, way) in Ed25519Benchmarking.ways {
            _ = report("\(name), one by one", 1, against: baseline, badOf: { _, _ in false }, way.verifyAlone)
            for size in [8, 16, 32, 64, 256, 1_024] {
                _ = report("\(name), \(size)", size, way, baseline) { _, _ in false }
            }
            for size in [64, 256] {
                _ = report("\(name), \(size), one forged", size, way, baseline) { $1 == ($0 * 7) % size }
                _ = report("\(name), \(size), one in 8 forged", size, way, baseline) { ($0 + $1 * 5) % 8 == 3 }
                _ = report("\(name), \(size), one for each equation", size, way, baseline) { $1 < 8 }
                _ = report("\(name), \(size), half forged", size, way, baseline) { ($0 + $1) % 2 == 0 }
                _ = report("\(name), \(size), all forged", size, way, baseline) { _, _ in true }
                _ = report(
                    "\(name), \(size), every other batch spoilt", size, way, baseline
                ) { batch, _ in batch % 2 == 0 }
                _ = report(
                    "\(name), \(size), half no points", size, way, baseline, bad: undecodable
                ) { ($0 + $1) % 2 == 0 }
                _ = report("\(name), \(size), all no points", size, way, baseline, bad: undecodable) { _, _ in
                    true
                }
            }
        }
    }

    private func report(
        _ name: String, _ size: Int, _ way: Ed25519Benchmarking, _ baseline: Double, bad: [SignatureCheck]? = nil,
        badOf: (Int, Int) -> Bool
    ) -> Double {
        report(name, size, against: baseline, bad: bad, badOf: badOf, way.afresh.verify)
    }

    /// Measures batches of `size`, in which the checks for which `badOf` (batch, place) says so are bad.
    private func report(
        _ name: String, _ size: Int, against baseline: Double?, bad: [SignatureCheck]? = nil,
        badOf: (Int, Int) -> Bool, _ verify: ([SignatureCheck]) -> [Bool]
    ) -> Double {
        let bad = bad ?? forged
        var batches: [(checks: [SignatureCheck], answers: [Bool])] = []
        for batch in 0..<honest.count / size {
            let isBad = (0..<size).map { badOf(batch, $0) }
            let checks = (0..<size).map { isBad[$0] ? bad[batch * size + $0] : honest[batch * size + $0] }
            batches.append((checks, isBad.map { !$0 }))
        }
        var rates: [Double] = []
        for _ in 0..<rounds {
            var isRight = true
            let time = Self.time { for batch in batches { isRight = verify(batch.checks) == batch.answers && isRight } }
            precondition(isRight, "wrong answers")
            rates.append(Double(batches.count * size) / time * 1e6)
        }
        rates.sort()
        let median = rates[rates.count / 2]
        let ratio = baseline.map { ", \((median / $0 * 10).rounded() / 10) times libsodium" } ?? ""
        print("\(name): \(Int(rates[rates.count - 1])), \(Int(median))\(ratio)")
        return median
    }

    /// How many microseconds the thread has run for `body`: other processes on the machine do not count.
    private static func time(_ body: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
        }
        let start = now()
        body()
        return now() - start
    }
}
