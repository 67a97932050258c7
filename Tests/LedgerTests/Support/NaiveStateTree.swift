import Cryptography
import Ledger
import Primitives

/// The state tree's root by its definition, over leaves ascending by path: nothing is zero, a lone leaf is itself at
/// whatever depth, and everything else is the hash of what lies under the next bit 0 and under the next bit 1.
enum NaiveStateTree {
    typealias Leaf = (path: Digest, value: Digest)

    static func root(of leaves: ArraySlice<Leaf>, below depth: Int = 0) -> Digest {
        guard let first = leaves.first else { return .zero }
        guard leaves.count > 1 else { return Samples.suite.hash([0] + first.path.bytes + first.value.bytes) }
        let split = leaves.firstIndex { $0.path.bytes[depth / 8] >> (7 - depth % 8) & 1 == 1 } ?? leaves.endIndex
        let left = root(of: leaves[..<split], below: depth + 1)
        let right = root(of: leaves[split...], below: depth + 1)
        return Samples.suite.hash([1] + left.bytes + right.bytes)
    }

    static func root(of leaves: [Digest: Digest]) -> Digest {
        root(of: leaves.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }[...])
    }
}

extension Samples {
    /// A path that shares its first bits with another, up to all but the last.
    mutating func path(near other: Digest) -> Digest {
        let shared = number(below: 256)
        var bytes = other.bytes
        let random = self.bytes(32)
        for bit in shared..<256 {
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            bytes[bit / 8] = bytes[bit / 8] & ~mask | (bit == shared ? ~bytes[bit / 8] & mask : random[bit / 8] & mask)
        }
        return Digest(copying: bytes.span, at: 0)
    }

    /// Random changes to a model: new leaves far from and near to others, new and same values, removals of what is
    /// there and of what is not.
    mutating func changes(_ count: Int, to model: inout [Digest: Digest], removing share: Int) -> [LeafChange] {
        var paths = model.keys.sorted()
        var changes: [Digest: LeafChange] = [:]
        for _ in 0..<count {
            let known = paths.isEmpty ? nil : paths[number(below: paths.count)]
            let path: Digest =
                switch number(below: 6) {
                case 0, 1: fixed(Digest.self)
                case 2: known.map { self.path(near: $0) } ?? fixed()
                default: known ?? fixed()
                }
            let value: Digest? =
                number(below: 100) < share ? nil : number(below: 10) == 0 ? model[path] : fixed(Digest.self)
            changes[path] = LeafChange(path: path, value: value)
            model[path] = value
            if value != nil { paths.append(path) }
        }
        return changes.values.sorted { $0.path < $1.path }
    }
}
