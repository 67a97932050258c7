internal import BenchmarkSupport
internal import Cryptography
internal import Primitives
internal import TestSupport

/// Checks the same signatures in each way and tells how many a second, by the processor's time.
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

    /// The way that programs take on this machine comes last.
    func run() -> [Figure] {
        var figures = [
            figure("libsodium, one by one", 1, badOf: { _, _ in false }) { checks in
                checks.map(Ed25519Benchmarking.verifyWithSodium)
            },
            figure("ours, one by one", 1, badOf: { _, _ in false }) { checks in checks.map(\.isValid) },
        ]
        for (name, way) in Ed25519Benchmarking.ways {
            figures.append(figure("\(name), one by one", 1, badOf: { _, _ in false }, way.verifyAlone))
            for size in [8, 16, 32, 64, 256, 1024] {
                figures.append(figure("\(name), \(size)", size, badOf: { _, _ in false }, way.afresh.verify))
            }
            for size in [64, 256] {
                figures += attacks(of: size).map { kind, bad, badOf in
                    figure("\(name), \(size), \(kind)", size, bad: bad, badOf: badOf, way.afresh.verify)
                }
            }
        }
        return figures
    }

    private typealias Attack = (kind: String, bad: [SignatureCheck], badOf: (_ batch: Int, _ place: Int) -> Bool)

    /// What attackers may put into batches of a size.
    private func attacks(of size: Int) -> [Attack] {
        [
            ("one forged", forged, { $1 == ($0 * 7) % size }),
            ("one in 8 forged", forged, { ($0 + $1 * 5) % 8 == 3 }),
            ("one for each equation", forged, { $1 < 8 }),
            ("half forged", forged, { ($0 + $1) % 2 == 0 }),
            ("all forged", forged, { _, _ in true }),
            ("every other batch spoilt", forged, { batch, _ in batch % 2 == 0 }),
            ("half no points", undecodable, { ($0 + $1) % 2 == 0 }),
            ("all no points", undecodable, { _, _ in true }),
        ]
    }

    /// Measures batches of `size`, in which the checks for which `badOf` (batch, place) says so are bad.
    private func figure(
        _ name: String, _ size: Int, bad: [SignatureCheck]? = nil, badOf: (Int, Int) -> Bool,
        _ verify: ([SignatureCheck]) -> [Bool]
    ) -> Figure {
        let bad = bad ?? forged
        var batches: [(checks: [SignatureCheck], answers: [Bool])] = []
        for batch in 0..<honest.count / size {
            let isBad = (0..<size).map { badOf(batch, $0) }
            let checks = (0..<size).map { isBad[$0] ? bad[batch * size + $0] : honest[batch * size + $0] }
            batches.append((checks, isBad.map { !$0 }))
        }
        let rates = (0..<rounds).map { _ in
            var isRight = true
            let time = processorSeconds {
                for batch in batches { isRight = verify(batch.checks) == batch.answers && isRight }
            }
            precondition(isRight, "wrong answers")
            return Double(batches.count * size) / time
        }
        return Figure(name, rates, "checks/s")
    }
}
