import Primitives
import Testing

@testable import Cryptography

@Suite(.serialized) struct MeasurementTests {
    @Test func measure() {
        let suite = Cryptography.Suite.international
        let clock = ContinuousClock()
        let bytes = [UInt8](repeating: 7, count: 65)
        var d = suite.hash(bytes)
        let n = 1_000_000
        for _ in 0..<3 {
            var t = clock.measure { for _ in 0..<n { d = suite.hash(tag: 1, d, d) } }
            print("tagged chained", t / n)
            t = clock.measure { for _ in 0..<n { d = SHA256.hashPortably(tag: 1, d, d) } }
            print("tagged openssl", t / n)
            var x: UInt8 = 0
            t = clock.measure { for _ in 0..<n { x ^= suite.hash(bytes).bit(at: 3) ? 1 : 0 } }
            print("65 bytes array", t / n, x)
            let pairs = [(Digest, Digest)](repeating: (d, d), count: 1000)
            t = clock.measure { for _ in 0..<n / 1000 { d = suite.hashPairs(tag: 1, pairs: pairs)[7] } }
            print("pairs", t / n)
            t = clock.measure { for _ in 0..<n / 10 { d = Keccak256.hash(bytes) } }
            print("keccak 65", t / (n / 10))
        }
    }
}
