internal import CZstd

/// Takes back what `Compressor` made, from bytes that may be anything.
///
/// Not thread-safe: it reuses its memory.
package final class Decompressor {
    private let context: OpaquePointer

    package init() {
        guard let context = ZSTD_createDCtx() else { preconditionFailure("there is no memory") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// What the frame in `bytes` holds: `plainByteCount` bytes, else it is damaged. Reserves no more than that, and
    /// nothing unless the frame says the same.
    package func decompress(_ bytes: [UInt8], plainByteCount: Int) throws(StorageError) -> [UInt8] {
        guard plainByteCount >= 0, plainByteCount <= StorageLimits.plainBytesMax else {
            throw .aboveLimit(
                what: "compressed data", byteCount: plainByteCount, maximum: StorageLimits.plainBytesMax)
        }
        let stated = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard stated == UInt64(plainByteCount) else {
            throw .notDecompressible(byteCount: bytes.count, plainByteCount: plainByteCount)
        }
        let plain = [UInt8](unsafeUninitializedCapacity: plainByteCount) { buffer, initialized in
            // The pointers are valid during the call, which reads and writes within the counts that it is given,
            // whatever the bytes are.
            let count = bytes.withUnsafeBytes { source in
                ZSTD_decompressDCtx(context, buffer.baseAddress, plainByteCount, source.baseAddress, source.count)
            }
            initialized = ZSTD_isError(count) == 0 ? count : 0
        }
        guard plain.count == plainByteCount else {
            throw .notDecompressible(byteCount: bytes.count, plainByteCount: plainByteCount)
        }
        return plain
    }
}
