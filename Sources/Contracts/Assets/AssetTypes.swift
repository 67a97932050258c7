package import Primitives

/// The name of an asset kind on its chain: 1 to 16 characters of A-Z, 0-9, "-" and ".", the first a letter.
package struct AssetSymbol: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    package static let byteCountMax = 16

    /// The characters as big-endian words, padded with zeros, which no symbol holds.
    private let words: [2 of UInt64]
    private let byteCount: Int

    package init?(_ text: String) {
        // What is longer than a key can hold is no symbol.
        guard text.utf8.count <= Self.byteCountMax else { return nil }
        self.init(StoreKey(Array(text.utf8)))
    }

    private init?(_ ascii: StoreKey) {
        guard ascii.count > 0, ascii.count <= Self.byteCountMax, Self.isLetter(ascii[0]) else { return nil }
        for index in 1..<ascii.count { guard Self.isAllowed(ascii[index]) else { return nil } }
        words = [ascii.words[0], ascii.words[1]]
        byteCount = ascii.count
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetter(byte) || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }

    package var description: String { String(decoding: key.bytes, as: UTF8.self) }

    private var key: StoreKey {
        var key = StoreKey.empty
        append(to: &key)
        return key
    }

    /// Appends the characters to a key.
    func append(to key: inout StoreKey) {
        key.append(bigEndian: words[0] &>> UInt64(64 - 8 * min(8, byteCount)), byteCount: min(8, byteCount))
        guard byteCount > 8 else { return }
        key.append(bigEndian: words[1] &>> UInt64(128 - 8 * byteCount), byteCount: byteCount - 8)
    }

    package static func == (left: AssetSymbol, right: AssetSymbol) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1]
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words[0])
        hasher.combine(words[1])
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(length: byteCount)
        for index in 0..<byteCount {
            encoder.bytes.append(UInt8(truncatingIfNeeded: words[index >> 3] &>> UInt64(56 - 8 * (index & 7))))
        }
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        guard let symbol = AssetSymbol(try decoder.decodeKey(maximum: Self.byteCountMax)) else {
            throw CodingError(
                .invalid("an asset's symbol is 1 to 16 of A-Z, 0-9, \"-\" and \".\", a letter first"), at: start)
        }
        self = symbol
    }
}

/// What the ledger holds of an asset kind.
package struct AssetKind: Hashable, Sendable, CanonicalCodable {
    package static let nameByteCountMax = 64
    package static let decimalsMax: UInt8 = 36

    package let issuer: Address
    package let name: String
    /// How many decimal digits of an amount stand behind the point.
    package let decimals: UInt8
    /// Invariant: the sum of all balances of the kind.
    package var supply: UInt256

    package init(issuer: Address, name: String, decimals: UInt8, supply: UInt256) {
        self.issuer = issuer
        self.name = name
        self.decimals = decimals
        self.supply = supply
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(issuer)
        encoder.encode(name)
        encoder.encode(decimals)
        encoder.encode(supply)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        issuer = try decoder.decode()
        name = try decoder.decodeString(maximum: Self.nameByteCountMax)
        let start = decoder.offset
        decimals = try decoder.decode()
        guard decimals <= Self.decimalsMax else {
            throw CodingError(.invalid("an asset has at most \(Self.decimalsMax) decimals"), at: start)
        }
        supply = try decoder.decode()
    }
}

/// What an account holds of an asset kind.
package struct Holding: Hashable, Sendable, CanonicalCodable {
    package var balance: UInt256
    /// Whether the issuer has frozen the account: it can neither send nor receive the asset.
    package var isFrozen: Bool

    private static let byteCount = 33

    package static let none = Holding(balance: .zero, isFrozen: false)

    package init(balance: UInt256, isFrozen: Bool) {
        self.balance = balance
        self.isFrozen = isFrozen
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(balance)
        encoder.encode(isFrozen)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        balance = try decoder.decode()
        isFrozen = try decoder.decodeBool()
    }

    /// The coding in place: balances are read and written by every transfer.
    var storeValue: StoreValue {
        StoreValue(
            words: [balance.limb0, balance.limb1, balance.limb2, balance.limb3, isFrozen ? 1 : 0],
            count: Self.byteCount)
    }

    /// Nil if the value is not the coding of a holding.
    init?(_ value: StoreValue) {
        let words = value.words
        guard value.count == Self.byteCount, words[4] < 2 else { return nil }
        balance = UInt256(limbs: words[0], words[1], words[2], words[3])
        isFrozen = words[4] == 1
    }
}

/// A holding with the symbol of its kind: one line of what an account holds.
package struct NamedHolding: Hashable, Sendable, CanonicalCodable {
    package let symbol: AssetSymbol
    package let holding: Holding

    package init(symbol: AssetSymbol, holding: Holding) {
        self.symbol = symbol
        self.holding = holding
    }

    package func encode(to encoder: inout CanonicalEncoder) {
        encoder.encode(symbol)
        encoder.encode(holding)
    }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        symbol = try decoder.decode()
        holding = try decoder.decode()
    }
}
