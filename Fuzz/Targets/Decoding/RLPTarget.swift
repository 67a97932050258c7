internal import Primitives

extension FuzzTarget {
    static let rlp = FuzzTarget("rlp", seeds: { seedsOfRLP }) { bytes throws(FuzzFailure) in
        let item = try? RLPItem(rlp: bytes)
        if let item { try demand(item.rlpBytes == bytes, "what decodes is coded otherwise") }
        var decoder = RLPDecoder(bytes)
        let skips = (try? decoder.skip()) != nil && decoder.isAtEnd
        try demand(skips == (item != nil), "skipping and reading judge differently")
        var integers = RLPDecoder(bytes)
        while let value = try? integers.decodeUInt256() {
            var encoder = RLPEncoder()
            encoder.encode(value)
            try demand(Array(bytes[..<integers.offset]).suffix(encoder.bytes.count) == encoder.bytes[...], "an integer")
        }
    }

    private static var seedsOfRLP: [[UInt8]] {
        let long = RLPItem.bytes([UInt8](repeating: 7, count: 300))
        let items: [RLPItem] = [
            .bytes([]), .bytes([1]), .bytes([0x80]), long, .list([]), .list([long, .list([.bytes([2]), .list([])])]),
            .list((0..<70).map { .bytes([UInt8($0), 1]) }),
        ]
        return items.map(\.rlpBytes)
    }
}
