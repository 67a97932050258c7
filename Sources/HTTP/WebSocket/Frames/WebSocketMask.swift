/// The masking of what clients send (RFC 6455, section 5.3). The mask's first byte is the lowest of the word.
enum WebSocketMask {
    /// Masks or unmasks the bytes from `start` on, eight at a time.
    /// - Returns: the mask for the byte behind the last one.
    static func apply(_ mask: UInt32, to bytes: inout [UInt8], from start: Int) -> UInt32 {
        let count = bytes.count - start
        guard mask != 0, count > 0 else { return mask }
        bytes.withUnsafeMutableBytes { memory in
            let wide = (UInt64(mask) << 32 | UInt64(mask)).littleEndian
            var offset = start
            // Whole words lie within the memory by the loop's condition.
            while offset &+ 8 <= memory.count {
                let word = memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                memory.storeBytes(of: word ^ wide, toByteOffset: offset, as: UInt64.self)
                offset &+= 8
            }
            var shift: UInt32 = 0
            while offset < memory.count {
                memory[offset] ^= UInt8(truncatingIfNeeded: mask >> shift)
                shift = (shift + 8) & 31
                offset &+= 1
            }
        }
        let turned = UInt32(count & 3) * 8
        return turned == 0 ? mask : mask >> turned | mask << (32 - turned)
    }
}
