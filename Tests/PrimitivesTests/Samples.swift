import Primitives

/// Decodes hexadecimal digits (blanks between them do not count) with `read`, all of them.
func decode<Value>(
    _ digits: String, _ read: (inout CanonicalDecoder) throws -> Value
) throws -> Value {
    var decoder = CanonicalDecoder([UInt8](hexadecimal: digits.filter { $0 != " " }) ?? [])
    let value = try read(&decoder)
    try decoder.finish()
    return value
}

struct MyStruct: Hashable, CanonicalCodable {
    var boolean: Bool
    var bytes: [UInt8]
    var label: String

    init(boolean: Bool, bytes: [UInt8], label: String) {
        (self.boolean, self.bytes, self.label) = (boolean, bytes, label)
    }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(boolean)
        encoder.encode(bytes: bytes)
        encoder.encode(label)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        boolean = try decoder.decode()
        bytes = try decoder.decodeBytes(maximum: 100)
        label = try decoder.decodeString(maximum: 100)
    }
}

struct Wrapper: Hashable, CanonicalCodable {
    var inner: MyStruct
    var name: String

    init(inner: MyStruct, name: String) { (self.inner, self.name) = (inner, name) }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(inner)
        encoder.encode(name)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        inner = try decoder.decode()
        name = try decoder.decodeString(maximum: 100)
    }
}

enum Choice: Hashable, CanonicalCodable {
    case variant0(UInt16), variant1(UInt8), variant2(String)

    func encode(to encoder: inout CanonicalEncoder) {
        switch self {
        case .variant0(let number):
            encoder.encode(variant: 0)
            encoder.encode(number)
        case .variant1(let number):
            encoder.encode(variant: 1)
            encoder.encode(number)
        case .variant2(let text):
            encoder.encode(variant: 2)
            encoder.encode(text)
        }
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        switch try decoder.decodeVariant() {
        case 0: self = .variant0(try decoder.decode())
        case 1: self = .variant1(try decoder.decode())
        case 2: self = .variant2(try decoder.decodeString(maximum: 10))
        case let variant: throw CodingError(.unknownVariant(variant), at: start)
        }
    }
}

/// A list in a list in a list: as deep as its bytes say.
struct Nest: Hashable, CanonicalCodable {
    var inner: [Nest]

    init(depth: Int) { inner = depth > 1 ? [Nest(depth: depth - 1)] : [] }

    func encode(to encoder: inout CanonicalEncoder) { encoder.encode(sequence: inner) }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) { inner = try decoder.decodeSequence(maximum: 1) }
}

/// A value of every kind of part, for truncations and mutations.
struct Everything: Hashable, CanonicalCodable {
    var number: UInt32
    var amount: UInt256
    var digest: Digest
    var address: Address
    var option: UInt16?
    var choices: [Choice]
    var wrapper: Wrapper

    static let sample = Everything()

    init() {
        number = 7
        amount = UInt256(limbs: 1, 2, 3, 4)
        digest = Digest(Array(1...32)) ?? .zero
        address = Address(Array(101...120)) ?? .zero
        option = 0x0203
        choices = [.variant0(1), .variant1(2), .variant2("drei")]
        wrapper = Wrapper(inner: MyStruct(boolean: true, bytes: [1, 2, 3], label: "x"), name: "name")
    }

    func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(number)
        encoder.encode(amount)
        encoder.encode(digest)
        encoder.encode(address)
        encoder.encode(option)
        encoder.encode(sequence: choices)
        encoder.encode(wrapper)
    }

    init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        number = try decoder.decode()
        amount = try decoder.decode()
        digest = try decoder.decode()
        address = try decoder.decode()
        option = try decoder.decodeOption()
        choices = try decoder.decodeSequence(maximum: 10, elementByteCountMin: 2)
        wrapper = try decoder.decode()
    }
}
