internal import CChecksum

/// CRC-32C (Castagnoli): RFC 3720, appendix B.4.
package enum Checksum {
    /// The checksum of `bytes[range]`, continuing from the checksum of what came before (0 at the start).
    package static func crc32c(_ bytes: [UInt8], in range: Range<Int>, continuing previous: UInt32 = 0) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        // The pointer is valid during the call, and the range lies within the array.
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, !range.isEmpty else { return previous }
            return cairn_crc32c(previous, base + range.lowerBound, range.count)
        }
    }

    package static func crc32c(_ bytes: [UInt8]) -> UInt32 { crc32c(bytes, in: 0..<bytes.count) }

    /// The same by table: what runs where the processor has no instruction for it.
    package static func crc32cPortable(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return cairn_crc32c_portable(0, base, buffer.count)
        }
    }
}
