package import Primitives

/// An event as it stands in the coding of a receipt, for who goes through many of them and needs no values.
package struct CodedEvent {
    package let contract: Address
    /// Where the bytes of its name stand in `Receipts.bytes`.
    package let name: Range<Int>
    /// The first `topicCount` count; no event has more than four.
    package let topics: [4 of Digest]
    package let topicCount: Int
}

extension Receipts {
    /// Goes through the events of a receipt.
    package func forEachEvent(at index: Int, _ take: (CodedEvent) -> Void) {
        var decoder = CanonicalDecoder(bytes, in: range(at: index))
        do throws(CodingError) {
            try Self.skipToEvents(&decoder)
            for _ in 0..<(try decoder.decodeLength(maximum: LedgerLimits.eventsMax)) {
                take(try Self.event(&decoder))
            }
        } catch {
            preconditionFailure("receipts hold nothing but what was coded here")
        }
    }

    private static func skipToEvents(_ decoder: inout CanonicalDecoder) throws(CodingError) {
        _ = try decoder.decode(Digest.self)
        let isFailure = try decoder.decodeVariant() == 1
        // What a method returned; or a failure's code, and its text.
        _ = try decoder.skipBytes(maximum: LedgerLimits.payloadByteCountMax)
        if isFailure { _ = try decoder.skipBytes(maximum: LedgerLimits.failureTextByteCountMax) }
        _ = try decoder.decode(UInt64.self)
    }

    private static func event(_ decoder: inout CanonicalDecoder) throws(CodingError) -> CodedEvent {
        let contract = try decoder.decode(Address.self)
        let name = try decoder.skipBytes(maximum: LedgerLimits.eventNameByteCountMax)
        let topicCount = try decoder.decodeLength(maximum: LedgerLimits.topicsMax)
        var topics = [4 of Digest](repeating: .zero)
        for index in 0..<topicCount { topics[index] = try decoder.decode(Digest.self) }
        _ = try decoder.skipBytes(maximum: LedgerLimits.payloadByteCountMax)
        return CodedEvent(contract: contract, name: name, topics: topics, topicCount: topicCount)
    }
}
