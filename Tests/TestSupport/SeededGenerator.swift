import Primitives

extension SeededGenerator {
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// One of the samples with a few bytes changed, cut off or added.
    package mutating func mutated(_ samples: [[UInt8]]) -> [UInt8] {
        var bytes = samples[Int.random(in: 0..<samples.count, using: &self)]
        for _ in 0...Int.random(in: 0...3, using: &self) {
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes.removeLast(Int.random(in: 0...min(8, bytes.count), using: &self))
            case 1: bytes += self.bytes(3)
            default:
                guard !bytes.isEmpty else { continue }
                bytes[Int.random(in: 0..<bytes.count, using: &self)] = UInt8.random(in: 0...255, using: &self)
            }
        }
        return bytes
    }
}
