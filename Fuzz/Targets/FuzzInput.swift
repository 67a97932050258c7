/// Takes bytes of an input apart where a target needs more than one thing. Where they end, zeros follow.
struct FuzzInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A number, the least significant byte first.
    mutating func number(byteCount: Int) -> UInt64 {
        (0..<byteCount).reduce(0) { number, index in number | UInt64(byte()) << UInt64(8 * index) }
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// Exactly so many bytes, padded with zeros.
    mutating func paddedBytes(_ count: Int) -> [UInt8] {
        let taken = bytes(count)
        return taken + [UInt8](repeating: 0, count: count - taken.count)
    }

    mutating func allBytes() -> [UInt8] { bytes(rest.count) }

    /// The bytes in pieces, cut where their own hash-like sum says: the same input is always cut in the same way.
    static func pieces(of bytes: [UInt8], seed: UInt8) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var (start, state) = (0, UInt32(seed) &* 2_654_435_761 | 1)
        while start < bytes.count {
            state = state &* 1_664_525 &+ 1_013_904_223
            let most = [1, 2, 7, 64][Int(state >> 30)]
            let count = min(bytes.count - start, 1 + Int(state >> 16) % most)
            pieces.append(bytes[start..<start + count])
            start += count
        }
        return pieces
    }
}
