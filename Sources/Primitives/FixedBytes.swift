/// A value of a fixed number of bytes: digests, addresses, and other names on the ledger.
///
/// Ordered as its bytes are, the first byte first. Coded as those bytes, without a length.
package protocol FixedBytes: Hashable, Comparable, Sendable, CanonicalCodable, CustomStringConvertible {
    /// How many bytes every value has.
    static var byteCount: Int { get }

    /// Reads exactly `byteCount` bytes from `source`, starting at `offset`. The caller has checked the bounds.
    init(copying source: Span<UInt8>, at offset: Int)

    /// Appends the `byteCount` bytes.
    func append(to bytes: inout [UInt8])
}

extension FixedBytes {
    /// The value of these bytes, or nil unless there are exactly `byteCount` of them.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(copying: bytes.span, at: 0)
    }

    /// The value of a hexadecimal text, with or without `0x`, or nil if it is malformed or of another length.
    package init?(hexadecimal text: String) {
        guard let bytes = [UInt8](hexadecimal: text) else { return nil }
        self.init(bytes)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        append(to: &bytes)
        return bytes
    }

    /// `0x` and lower-case hexadecimal.
    package var description: String { bytes.hexadecimal }

    package func encode(to encoder: inout CanonicalEncoder) { append(to: &encoder.bytes) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        self = try decoder.decodeFixed(Self.self)
    }
}

/// Loads the eight bytes at `offset` as one big-endian word, so that words compare as their bytes do.
@inline(__always)
func loadBigEndian(_ source: Span<UInt8>, _ offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset + 8 <= source.count)
    // In bounds by the check above; any bits are a valid UInt64.
    return unsafe UInt64(bigEndian: source.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

/// Appends a word with its most significant byte first.
@inline(__always)
func appendBigEndian(_ word: UInt64, to bytes: inout [UInt8]) {
    appendWords([word.bigEndian], byteCount: 8, to: &bytes)
}

/// Appends the `byteCount` (at most 8) most significant bytes of a word, the most significant of them first.
@inline(__always)
func appendBigEndian(_ word: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
    appendWords([word.bigEndian], byteCount: byteCount, to: &bytes)
}

/// Loads the eight bytes at `offset` as one little-endian word.
@inline(__always)
func loadLittleEndian(_ source: Span<UInt8>, _ offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset + 8 <= source.count)
    // In bounds by the check above; any bits are a valid UInt64.
    return unsafe UInt64(littleEndian: source.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

/// Appends the `byteCount` (at most 8) least significant bytes of a word, the least significant of them first.
@inline(__always)
func appendLittleEndian(_ word: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
    appendWords([word.littleEndian], byteCount: byteCount, to: &bytes)
}

/// Appends `byteCount` bytes of words, from the one at `start` on, as they lie in memory.
///
/// At once and not one by one, and without a slice: most of what is coded goes through here.
@inline(__always)
func appendWords<let count: Int>(
    _ words: [count of UInt64], from start: Int = 0, byteCount: Int, to bytes: inout [UInt8]
) {
    precondition(start >= 0 && byteCount >= 0 && start + byteCount <= 8 * count)
    // The pointer lives only as long as the words that it is taken of, which have as many bytes at least.
    unsafe withUnsafeBytes(of: words) { words in
        unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: words[start..<start + byteCount]))
    }
}

/// Appends borrowed bytes at once.
@inline(__always)
func appendBytes(_ source: Span<UInt8>, to bytes: inout [UInt8]) {
    // The pointer is used during the call only.
    unsafe source.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
}

/// Fills `target` with the bytes at `offset`.
@inline(__always)
func copyBytes(_ source: Span<UInt8>, at offset: Int, to target: inout MutableSpan<UInt8>) {
    let source = source.extracting(offset..<offset + target.count)
    // The two don't overlap, as one is borrowed while the other is written; they have the same number of bytes.
    unsafe target.withUnsafeMutableBytes { target in
        unsafe source.withUnsafeBytes { source in unsafe target.copyMemory(from: source) }
    }
}
