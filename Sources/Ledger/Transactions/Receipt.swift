package import Primitives

/// What became of a transaction in a block.
package struct Receipt: Hashable, Sendable, CanonicalCodable {
    /// The fewest bytes that any takes: a success without value and events.
    static let byteCountMin = 43

    package let transaction: Digest
    package let outcome: Outcome
    package let gasUsed: UInt64
    /// Empty if the transaction failed.
    package let events: [Event]

    package init(transaction: Digest, outcome: Outcome, gasUsed: UInt64, events: [Event]) {
        self.transaction = transaction
        self.outcome = outcome
        self.gasUsed = gasUsed
        self.events = events
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(transaction)
        encodeResult(to: &encoder)
    }

    /// All but the identity, for where that stands elsewhere.
    package func encodeResult(to encoder: inout CanonicalEncoder) {
        encoder.encode(outcome)
        encoder.encode(gasUsed)
        encoder.encode(sequence: events)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        try self.init(of: try decoder.decode(), resultFrom: &decoder)
    }

    /// Decodes what `encodeResult` writes.
    package init(of transaction: Digest, resultFrom decoder: inout CanonicalDecoder) throws(CodingError) {
        self.transaction = transaction
        outcome = try decoder.decode()
        gasUsed = try decoder.decode()
        events = try decoder.decodeSequence(
            maximum: LedgerLimits.eventsMax, elementByteCountMin: Event.byteCountMin)
    }
}

/// Success with what the method returned, or failure, after which nothing of the transaction's effect is left.
package enum Outcome: Hashable, Sendable, CanonicalCodable {
    case success([UInt8])
    case failure(Failure)

    package func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .success(let value):
            encoder.encode(variant: 0)
            encoder.encode(bytes: value)
        case .failure(let failure):
            encoder.encode(variant: 1)
            encoder.encode(failure)
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .success(try decoder.decodeBytes(maximum: LedgerLimits.payloadByteCountMax))
        case 1: self = .failure(try decoder.decode())
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}

/// Why a transaction failed: a word for programs and a sentence for people, both part of the result.
package struct Failure: Error, EqualByCoding, Sendable, CanonicalDecodable {
    package let code: String
    package let text: String

    package init(code: String, text: String) {
        self.code = Self.cut(code)
        self.text = Self.cut(text)
    }

    /// As many whole characters of a text as its limit holds.
    private static func cut(_ text: String) -> String {
        let utf8 = Array(text.utf8)
        var count = min(utf8.count, LedgerLimits.failureTextByteCountMax)
        // A byte of the form 10xxxxxx goes on with a character, which then must not end here.
        while count > 0, count < utf8.count, utf8[count] & 0xC0 == 0x80 { count -= 1 }
        return String(decoding: utf8[..<count], as: UTF8.self)
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(code)
        encoder.encode(text)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        code = try decoder.decodeString(maximum: LedgerLimits.failureTextByteCountMax)
        text = try decoder.decodeString(maximum: LedgerLimits.failureTextByteCountMax)
    }
}

/// Something that a contract reports of its doing.
package struct Event: EqualByCoding, Sendable, CanonicalDecodable {
    /// The fewest bytes that any takes: without name, topics and data.
    static let byteCountMin = 23

    package let contract: Address
    package let name: String
    /// What the event may be searched by.
    package let topics: [Digest]
    package let data: [UInt8]

    package init(contract: Address, name: String, topics: [Digest] = [], data: [UInt8]) {
        self.contract = contract
        self.name = name
        self.topics = topics
        self.data = data
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(contract)
        encoder.encode(name)
        encoder.encode(sequence: topics)
        encoder.encode(bytes: data)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        contract = try decoder.decode()
        name = try decoder.decodeString(maximum: LedgerLimits.eventNameByteCountMax)
        topics = try decoder.decodeSequence(
            maximum: LedgerLimits.topicsMax, elementByteCountMin: Digest.byteCount)
        data = try decoder.decodeBytes(maximum: LedgerLimits.payloadByteCountMax)
    }
}
