/// Fixed-width little-endian integers, as the headers of segments and records hold them.
func appendLittleEndian<Integer: FixedWidthInteger & UnsignedInteger>(_ value: Integer, to bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: Integer.bitWidth, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
}

/// The integer at `offset`; the caller has checked that it is there.
func loadLittleEndian<Integer: FixedWidthInteger & UnsignedInteger>(
    _ bytes: [UInt8], at offset: Int, as type: Integer.Type = Integer.self
) -> Integer {
    var value: Integer = 0
    for index in 0..<Integer.bitWidth / 8 { value |= Integer(bytes[offset + index]) << (8 * index) }
    return value
}
