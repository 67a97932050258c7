/// Bytes of a fixed number held in place, without an allocation: keys, signatures, seeds.
///
/// `InlineArray` itself is neither `Hashable` nor `Comparable`; this wrapper is.
package struct InlineBytes<let byteCountOfSelf: Int>: FixedBytes {
    package var storage: InlineArray<byteCountOfSelf, UInt8>

    package static var byteCount: Int { byteCountOfSelf }

    package init(repeating byte: UInt8) { storage = .init(repeating: byte) }

    package init(copying source: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset + byteCountOfSelf <= source.count)
        storage = .init(repeating: 0)
        var target = storage.mutableSpan
        copyBytes(source, at: offset, to: &target)
    }

    package func append(to bytes: inout [UInt8]) { appendBytes(storage.span, to: &bytes) }

    package static func == (left: Self, right: Self) -> Bool {
        var difference: UInt8 = 0
        for index in left.storage.indices { difference |= left.storage[index] ^ right.storage[index] }
        return difference == 0
    }

    package func hash(into hasher: inout Hasher) {
        for index in storage.indices { hasher.combine(storage[index]) }
    }

    package static func < (left: Self, right: Self) -> Bool {
        for index in left.storage.indices where left.storage[index] != right.storage[index] {
            return left.storage[index] < right.storage[index]
        }
        return false
    }
}
