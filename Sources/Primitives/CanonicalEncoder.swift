/// Writes the canonical binary coding: BCS as specified by Diem.
///
/// Integers are little-endian, lengths and variants ULEB128, structures their fields in order. Every value has
/// exactly one coding, so that its hash names it.
package struct CanonicalEncoder: Sendable {
    package var bytes: [UInt8]

    package init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Goes on behind bytes that are there already.
    package init(continuing bytes: consuming [UInt8]) { self.bytes = bytes }

    // One method for each width: a generic one is called by other modules through tables of each integer's
    // operations, which took a tenth of execution's time.
    package mutating func encode(_ value: UInt8) { bytes.append(value) }
    package mutating func encode(_ value: UInt16) { appendLittleEndian(UInt64(value), byteCount: 2, to: &bytes) }
    package mutating func encode(_ value: UInt32) { appendLittleEndian(UInt64(value), byteCount: 4, to: &bytes) }
    package mutating func encode(_ value: UInt64) { appendLittleEndian(value, byteCount: 8, to: &bytes) }

    // For the same reason the most common fixed bytes have methods of their own.
    package mutating func encode(_ value: Digest) { value.append(to: &bytes) }
    package mutating func encode(_ value: Address) { value.append(to: &bytes) }
    package mutating func encode(_ value: UInt256) { value.append(to: &bytes) }
    package mutating func encode(_ value: Timestamp) { encode(value.milliseconds) }

    package mutating func encode(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// A sequence's count, or a variant's number: ULEB128 of at most 32 bits.
    package mutating func encode(length: Int) {
        precondition(length >= 0 && length <= CodingLimits.lengthMax, "a length beyond the coding's range")
        var rest = UInt32(length)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    package mutating func encode(variant: UInt32) { encode(length: Int(variant)) }

    /// A byte sequence: its length, then its bytes.
    package mutating func encode(bytes sequence: [UInt8]) {
        encode(length: sequence.count)
        bytes.append(contentsOf: sequence)
    }

    package mutating func encode(_ text: String) {
        encode(length: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func encode<Value: CanonicalEncodable>(_ value: Value) { value.encode(to: &self) }

    package mutating func encode<Value: CanonicalEncodable>(_ option: Value?) {
        encode(option != nil)
        if let value = option { value.encode(to: &self) }
    }

    package mutating func encode<Value: CanonicalEncodable>(sequence: [Value]) {
        encode(length: sequence.count)
        for element in sequence { element.encode(to: &self) }
    }
}

package protocol CanonicalEncodable {
    func encode(to encoder: inout CanonicalEncoder)
}

package protocol CanonicalDecodable {
    init(from decoder: inout CanonicalDecoder) throws(CodingError)
}

package typealias CanonicalCodable = CanonicalEncodable & CanonicalDecodable

extension CanonicalEncodable {
    package var canonicalBytes: [UInt8] {
        var encoder = CanonicalEncoder(reservingCapacity: 256)
        encode(to: &encoder)
        return encoder.bytes
    }
}

/// Equal if coded alike. For values with free texts, which Swift would compare as Unicode does: texts of different
/// bytes, and so values of different hashes, would be equal.
package protocol EqualByCoding: CanonicalEncodable, Hashable {}

extension EqualByCoding {
    package static func == (left: Self, right: Self) -> Bool { left.canonicalBytes == right.canonicalBytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(canonicalBytes) }
}

extension CanonicalDecodable {
    /// Decodes a value that takes up all of `bytes`.
    package init(canonicalBytes bytes: [UInt8]) throws(CodingError) {
        var decoder = CanonicalDecoder(bytes)
        self = try Self(from: &decoder)
        try decoder.finish()
    }
}

extension UInt8: CanonicalEncodable, CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(self) }
    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { self = try decoder.decode(UInt8.self) }
}

extension UInt16: CanonicalEncodable, CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(self) }
    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { self = try decoder.decode(UInt16.self) }
}

extension UInt32: CanonicalEncodable, CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(self) }
    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { self = try decoder.decode(UInt32.self) }
}

extension UInt64: CanonicalEncodable, CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(self) }
    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { self = try decoder.decode(UInt64.self) }
}

extension Bool: CanonicalEncodable, CanonicalDecodable {
    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(self) }
    package init(from decoder: inout CanonicalDecoder) throws(CodingError) { self = try decoder.decodeBool() }
}
