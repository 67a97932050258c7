internal import COpenSSL
internal import Primitives

/// SM4-CCM (NIST SP 800-38C) put together from OpenSSL's SM4 in CBC mode, which authenticates, and in counter mode,
/// which hides: OpenSSL 3.0 has no SM4-CCM of its own.
///
/// Nonces have 12 bytes, so the length takes 3; tags have 16.
///
/// `@unchecked Sendable`: only the thread that has taken the context uses it.
final class SM4CCMContext: CipherContext, @unchecked Sendable {
    private let authentication, counter: SM4Blocks

    /// Nil if the library has no memory left.
    init?(_ key: GuardedBytes) {
        guard let authentication = SM4Blocks(.sm4CBC, key), let counter = SM4Blocks(.sm4CTR, key) else { return nil }
        (self.authentication, self.counter) = (authentication, counter)
    }

    func seal(
        _ plaintext: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        OpenSSL.call {
            guard let start = output.baseAddress, let mask = startCounter(nonce),
                let code = code(of: plaintext, nonce, context),
                plaintext.withUnsafeBufferPointer({ hide($0.baseAddress, start, count: $0.count) })
            else { return false }
            for index in 0..<16 { start[plaintext.count + index] = code.storage[index] ^ mask.storage[index] }
            return true
        }
    }

    func open(
        _ sealed: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        OpenSSL.call {
            guard let mask = startCounter(nonce) else { return false }
            let isDeciphered = sealed.withUnsafeBufferPointer { input in
                guard let output = output.baseAddress, sealed.count > AEADLimits.tagByteCount else { return true }
                return hide(input.baseAddress, output, count: sealed.count - AEADLimits.tagByteCount)
            }
            let plaintext = UnsafeBufferPointer(output)
            guard isDeciphered, let code = code(of: plaintext.span, nonce, context) else { return false }
            // Equality of these values takes the same time wherever they differ.
            return code == InlineBytes<16>(repeating: 0).filled { sealed[output.count + $0] ^ mask.storage[$0] }
        }
    }
}

// MARK: - The two halves

extension SM4CCMContext {
    /// A block that starts with flags and the nonce; the last 3 bytes are zero.
    private func block(flags: UInt8, _ nonce: InlineBytes<12>) -> InlineBytes<16> {
        InlineBytes<16>(repeating: 0).filled { $0 == 0 ? flags : $0 <= 12 ? nonce.storage[$0 - 1] : 0 }
    }

    /// Starts the counter, whose first block masks the tag; it gives that block.
    private func startCounter(_ nonce: InlineBytes<12>) -> InlineBytes<16>? {
        // The flags are the length's bytes less 1 (A.3).
        guard counter.start(block(flags: 2, nonce)) else { return nil }
        return try? counter.run(InlineBytes<16>(repeating: 0))
    }

    private func hide(_ input: UnsafePointer<UInt8>?, _ output: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        guard let input, count > 0 else { return true }
        return counter.run(input, output, count: count)
    }

    /// CBC-MAC over the formatted message (A.2): lengths and nonce, what is only authenticated, and the plaintext.
    private func code(
        of plaintext: Span<UInt8>, _ nonce: InlineBytes<12>, _ context: Span<UInt8>
    ) -> InlineBytes<16>? {
        var bytes = firstBlock(plaintext.count, nonce, hasContext: !context.isEmpty).bytes
        bytes.reserveCapacity(plaintext.count + context.count + 64)
        Self.append(context, to: &bytes)
        for index in plaintext.indices { bytes.append(plaintext[index]) }
        Self.pad(&bytes)
        // Wiped at the end: it holds the plaintext, and then all of the chain's values.
        defer { GuardedBytes.wipe(&bytes) }
        guard authentication.start(InlineBytes(repeating: 0)) else { return nil }
        let isDone = bytes.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return false }
            return authentication.run(UnsafePointer(start), start, count: buffer.count)
        }
        return isDone ? InlineBytes(copying: bytes.span, at: bytes.count - 16) : nil
    }

    /// Flags for a tag of 16 bytes and a length of 3, the nonce, and the plaintext's length.
    private func firstBlock(_ count: Int, _ nonce: InlineBytes<12>, hasContext: Bool) -> InlineBytes<16> {
        let start = block(flags: (hasContext ? 0x40 : 0) | 7 << 3 | 2, nonce)
        return start.filled { $0 > 12 ? UInt8(truncatingIfNeeded: count >> (8 * (15 - $0))) : start.storage[$0] }
    }

    /// What is only authenticated, with its length before it and zeros behind.
    private static func append(_ context: Span<UInt8>, to bytes: inout [UInt8]) {
        guard !context.isEmpty else { return }
        // Two bytes for the length, or from 65,280 on a mark and four.
        let isLong = context.count >= 0xFF00
        if isLong { bytes += [0xFF, 0xFE] }
        for shift in stride(from: isLong ? 24 : 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: context.count >> shift))
        }
        for index in context.indices { bytes.append(context[index]) }
        pad(&bytes)
    }

    private static func pad(_ bytes: inout [UInt8]) {
        while !bytes.count.isMultiple(of: 16) { bytes.append(0) }
    }
}

extension InlineBytes<16> {
    fileprivate func filled(_ byte: (Int) -> UInt8) -> Self {
        var filled = self
        for index in 0..<16 { filled.storage[index] = byte(index) }
        return filled
    }
}
