internal import Primitives

/// The expiries of a block's transactions, each in the few bytes that it is later than the first to come.
enum ExpiryColumn {
    static func bytes(of expiries: [Timestamp]) -> [UInt8] {
        let least = expiries.map(\.milliseconds).min() ?? 0
        let most = expiries.map(\.milliseconds).max() ?? 0
        let width = (UInt64.bitWidth - (most - least).leadingZeroBitCount + 7) / 8
        var encoder = CanonicalEncoder(reservingCapacity: BlockRecord.expiryFrameByteCount + width * expiries.count)
        encoder.encode(least)
        encoder.encode(UInt8(width))
        for expiry in expiries {
            let later = expiry.milliseconds - least
            for index in 0..<width { encoder.encode(UInt8(truncatingIfNeeded: later >> UInt64(8 * index))) }
        }
        return encoder.bytes
    }

    static func expiries(count: Int, from decoder: inout CanonicalDecoder) throws(CodingError) -> [Timestamp] {
        let least: UInt64 = try decoder.decode()
        let start = decoder.offset
        let width = Int(try decoder.decode(UInt8.self))
        guard width <= 8, width * count == decoder.remaining else {
            throw CodingError(.invalid("expiries of another number or width"), at: start)
        }
        var expiries: [Timestamp] = []
        expiries.reserveCapacity(count)
        for _ in 0..<count { expiries.append(try expiry(after: least, width: width, from: &decoder)) }
        return expiries
    }

    private static func expiry(
        after least: UInt64, width: Int, from decoder: inout CanonicalDecoder
    ) throws(CodingError) -> Timestamp {
        let start = decoder.offset
        var later: UInt64 = 0
        for index in 0..<width { later |= UInt64(try decoder.decode(UInt8.self)) << UInt64(8 * index) }
        let (milliseconds, overflow) = least.addingReportingOverflow(later)
        guard !overflow else { throw CodingError(.invalid("an expiry beyond the range of times"), at: start) }
        return Timestamp(milliseconds: milliseconds)
    }
}
