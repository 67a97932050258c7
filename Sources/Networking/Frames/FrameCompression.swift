internal import CZstd
internal import Synchronization

/// Makes Zstandard frames (RFC 8878) of pieces. Not thread-safe: it reuses its memory.
package final class FrameCompressor {
    private let context: OpaquePointer
    private var buffer = [UInt8](repeating: 0, count: FrameLimits.pieceBytes)

    package init() {
        guard let context = ZSTD_createCCtx() else { preconditionFailure("there is no memory") }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The piece in fewer bytes, or nil if that saves too little.
    func compress(_ piece: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let room = piece.count - piece.count / FrameLimits.compressionGainMin
        guard room < piece.count, room <= buffer.count else { return nil }
        // The pointers are valid during the call, which writes `room` bytes at most, or fails.
        let count = buffer.withUnsafeMutableBytes { target in
            piece.withUnsafeBytes { source in
                ZSTD_compressCCtx(
                    context, target.baseAddress, room, source.baseAddress, source.count, FrameLimits.compressionLevel)
            }
        }
        return ZSTD_isError(count) == 0 ? buffer[..<count] : nil
    }
}

/// Takes back what a compressor made, from bytes that may be anything.
///
/// Sendable, as its memory, which no call leaves anything in, is under a lock.
final class FrameDecompressor: Sendable {
    private struct Context: ~Copyable {
        let pointer: OpaquePointer

        init() {
            guard let pointer = ZSTD_createDCtx() else { preconditionFailure("there is no memory") }
            self.pointer = pointer
        }

        deinit { ZSTD_freeDCtx(pointer) }
    }

    private let context = Mutex<Context?>(nil)

    /// What the frame in `bytes` holds: exactly `byteCount` bytes, and at most a piece; nil if it does not.
    func decompress(_ bytes: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
        precondition(byteCount <= FrameLimits.pieceBytes)
        let stated = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        guard stated == UInt64(byteCount) else { return nil }
        return context.withLock { context in
            if context == nil { context = Context() }
            guard let pointer = context?.pointer else { return nil }
            let plain = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
                // The pointers are valid during the call, which reads and writes within the counts that it is given,
                // whatever the bytes are.
                let count = bytes.withUnsafeBytes { source in
                    ZSTD_decompressDCtx(pointer, buffer.baseAddress, byteCount, source.baseAddress, source.count)
                }
                initialized = ZSTD_isError(count) == 0 ? count : 0
            }
            return plain.count == byteCount ? plain : nil
        }
    }
}
