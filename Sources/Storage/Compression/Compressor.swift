internal import CZstd

/// Makes Zstandard frames (RFC 8878), each of one piece of data.
///
/// Not thread-safe: it reuses its memory, which is most of the cost of a small frame.
package final class Compressor {
    private let context: OpaquePointer
    private var buffer: [UInt8] = []

    package init() {
        guard let context = ZSTD_createCCtx() else { preconditionFailure("there is no memory") }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends the frame of `bytes` to `target`, unless it would not be shorter than `bytes`, or these are longer
    /// than may be decompressed. Gives back whether it did.
    package func compress(_ bytes: [UInt8], appendingTo target: inout [UInt8]) -> Bool {
        guard bytes.count > 1, bytes.count <= StorageLimits.plainBytesMax else { return false }
        let room = bytes.count - 1
        if buffer.count < room { buffer = [UInt8](repeating: 0, count: room) }
        // The pointers are valid during the call, which writes `room` bytes at most, or fails.
        let count = buffer.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                ZSTD_compressCCtx(
                    context, target.baseAddress, room, source.baseAddress, source.count,
                    Int32(StorageLimits.compressionLevel))
            }
        }
        guard ZSTD_isError(count) == 0 else { return false }
        target.append(contentsOf: buffer[..<count])
        return true
    }
}
