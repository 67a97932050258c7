internal import Primitives

/// Why bytes are not a signature in DER.
package struct DERError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The bytes end too early.
        case truncated
        /// Bytes follow the structure.
        case trailingBytes
        /// Another tag stands here than the structure has.
        case unexpectedTag(UInt8)
        /// A length is indefinite, not in its shortest form, or does not agree with what it measures.
        case badLength
        /// An integer is negative, or not in its shortest form.
        case badInteger
        /// An integer has more than 32 bytes.
        case integerTooLarge
    }

    package let reason: Reason
    /// Where it was found, in bytes from the start.
    package let offset: Int

    package var description: String { "the signature is not DER: \(reason) at byte \(offset)" }
}

/// The form that X.509, TLS and OpenSSL give to signatures of ECDSA and SM2: a sequence of the integers r and s (RFC
/// 3279, section 2.2.3), in DER (ITU-T X.690).
package enum DERSignature {
    private static let sequenceTag: UInt8 = 0x30
    private static let integerTag: UInt8 = 0x02
    /// The most bytes of a signature with r and s below 2^256.
    package static let byteCountMax = 72

    /// The DER form of r and s, whatever their values.
    package static func encode(_ signature: Signature) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCountMax)
        bytes.append(sequenceTag)
        bytes.append(0)
        appendInteger(signature, at: 0, to: &bytes)
        appendInteger(signature, at: 32, to: &bytes)
        bytes[1] = UInt8(bytes.count - 2)
        return bytes
    }

    private static func appendInteger(_ signature: Signature, at start: Int, to bytes: inout [UInt8]) {
        var first = start
        while first < start + 31, signature.storage[first] == 0 { first += 1 }
        // A first bit that is set would make the integer negative.
        let needsZero = signature.storage[first] >= 0x80
        bytes.append(integerTag)
        bytes.append(UInt8(start + 32 - first + (needsZero ? 1 : 0)))
        if needsZero { bytes.append(0) }
        for index in first..<start + 32 { bytes.append(signature.storage[index]) }
    }

    /// r and s of a DER form, which must be the only one of these numbers. Their range in the group is not checked.
    package static func decode(_ bytes: [UInt8]) throws(DERError) -> Signature {
        var reader = Reader(bytes: bytes)
        let count = try reader.header(sequenceTag)
        guard count == bytes.count - reader.offset else {
            throw DERError(reason: count < bytes.count - reader.offset ? .trailingBytes : .truncated, offset: 1)
        }
        var signature = Signature(repeating: 0)
        try reader.integer(into: &signature, at: 0)
        try reader.integer(into: &signature, at: 32)
        guard reader.offset == bytes.count else { throw DERError(reason: .trailingBytes, offset: reader.offset) }
        return signature
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        mutating func byte() throws(DERError) -> UInt8 {
            guard offset < bytes.count else { throw DERError(reason: .truncated, offset: offset) }
            offset += 1
            return bytes[offset - 1]
        }

        /// Takes a tag and a length, which is below 128 in every signature, so that its shortest form is one byte.
        mutating func header(_ tag: UInt8) throws(DERError) -> Int {
            let found = try byte()
            guard found == tag else { throw DERError(reason: .unexpectedTag(found), offset: offset - 1) }
            let count = try byte()
            guard count < 0x80 else { throw DERError(reason: .badLength, offset: offset - 1) }
            return Int(count)
        }

        /// Takes an integer from 0 to 2^256 - 1 into the 32 bytes at `start`.
        mutating func integer(into signature: inout Signature, at start: Int) throws(DERError) {
            let count = try header(DERSignature.integerTag)
            guard count > 0 else { throw DERError(reason: .badLength, offset: offset - 1) }
            guard count <= bytes.count - offset else { throw DERError(reason: .truncated, offset: bytes.count) }
            let hasZero = bytes[offset] == 0 && count > 1
            let isShortest = !hasZero || bytes[offset + 1] >= 0x80
            guard bytes[offset] < 0x80, isShortest else { throw DERError(reason: .badInteger, offset: offset) }
            let first = hasZero ? offset + 1 : offset
            let end = offset + count
            guard end - first <= 32 else { throw DERError(reason: .integerTooLarge, offset: offset) }
            for index in first..<end { signature.storage[start + 32 - (end - index)] = bytes[index] }
            offset = end
        }
    }
}
