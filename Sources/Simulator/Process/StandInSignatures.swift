package import Cryptography
internal import Primitives

/// How the network signs: with stand-ins that only the simulator can forge, or with the suite's own scheme.
package enum SimulatedSigning: Sendable, Hashable {
    case standIn
    case real(Suite)
}

/// The keys of a simulated network.
struct Signatures {
    let keys: [PublicKey]
    private let numbers: [PublicKey: Int]
    private let signing: SimulatedSigning
    private let real: [any SigningKey]
    private let verifier = SerialVerifier()
    private let secret: UInt64

    init(count: Int, signing: SimulatedSigning, generator: inout SeededGenerator) throws {
        self.signing = signing
        secret = generator.next()
        switch signing {
        case .standIn:
            real = []
            // Contracts refuse what is no key.
            keys = try (0..<count).map { number in
                let seed = (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 & 3))) }
                return try SoftwareKey(scheme: .ed25519, seed: seed).publicKey
            }
        case .real(let suite):
            var seeds = generator
            real = try (0..<count).map { _ in
                // The highest byte is small, so that it is a scalar of any curve.
                let seed = [UInt8(1)] + (1..<32).map { _ in UInt8.random(in: 0...255, using: &seeds) }
                return try SoftwareKey(scheme: suite.defaultScheme, seed: seed)
            }
            keys = real.map(\.publicKey)
        }
        var numbers: [PublicKey: Int] = [:]
        for (number, key) in keys.enumerated() { numbers[key] = number }
        self.numbers = numbers
    }

    func sign(_ digest: Digest, as orderer: Int) throws -> Signature {
        switch signing {
        case .standIn: return standIn(digest, keys[orderer])
        case .real: return try real[orderer].sign(digest)
        }
    }

    func sign(_ digest: Digest, by key: PublicKey) throws -> Signature {
        guard let number = numbers[key] else { throw SimulationFailure(.setUp, "nobody has the key \(key)") }
        return try sign(digest, as: number)
    }

    func verify(_ checks: [SignatureCheck]) -> [Bool] {
        switch signing {
        case .standIn: checks.map { standIn($0.digest, $0.publicKey) == $0.signature }
        case .real: verifier.verify(checks)
        }
    }

    /// Eight words mixed of what is signed, who signs, and a secret of the simulator's.
    private func standIn(_ digest: Digest, _ key: PublicKey) -> Signature {
        let words = digest.words
        var state = key.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ^ secret ^ words[0]
        for index in 1..<4 { state = (state ^ words[index]) &* 0x9E37_79B9_7F4A_7C15 ^ (state >> 29) }
        var generator = SeededGenerator(seed: state)
        var bytes = [64 of UInt8](repeating: 0)
        for start in stride(from: 0, to: 64, by: 8) {
            let word = generator.next()
            for index in 0..<8 { bytes[start + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
        }
        return Signature(copying: bytes.span, at: 0)
    }
}
