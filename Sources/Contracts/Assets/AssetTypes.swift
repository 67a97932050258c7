package import Primitives

/// The name of an asset kind on its chain: 1 to 16 characters of A-Z, 0-9, "-" and ".", the first a letter.
package struct AssetSymbol: Hashable, Sendable, CanonicalCodable, CustomStringConvertible {
    package static let byteCountMax = 16

    package let description: String

    package init?(_ text: String) {
        guard Self.isValid(text.utf8) else { return nil }
        description = text
    }

    private static func isValid(_ bytes: String.UTF8View) -> Bool {
        guard let first = bytes.first, bytes.count <= byteCountMax, isLetter(first) else { return false }
        return bytes.allSatisfy {
            isLetter($0) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }

    package func encode(to encoder: inout CanonicalEncoder) { encoder.encode(description) }

    package init(from decoder: inout CanonicalDecoder) throws(CodingError) {
        let start = decoder.offset
        let text = try decoder.decodeString(maximum: Self.byteCountMax)
        guard let symbol = AssetSymbol(text) else {
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
