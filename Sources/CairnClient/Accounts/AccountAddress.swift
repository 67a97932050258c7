package import Primitives

/// The address of an account or a contract: 20 bytes, written as 40 hexadecimal digits after `0x`.
public struct AccountAddress: Hashable, Sendable, LosslessStringConvertible {
    package let value: Address

    package init(_ value: Address) { self.value = value }

    /// Reads an address; nil if it is malformed.
    public init?(_ description: String) {
        guard let value = Address(hexadecimal: description) else { return nil }
        self.value = value
    }

    /// `0x` and 40 hexadecimal digits.
    public var description: String { value.description }
}
