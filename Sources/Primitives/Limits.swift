/// The limits of the canonical coding (BCS).
package enum CodingLimits {
    /// The longest sequence, in elements: 2^31 - 1.
    package static let lengthMax = Int(Int32.max)
    /// How deeply values may be nested.
    package static let depthMax = 64
}

/// The limits of keys in stores.
package enum StoreKeyLimits {
    /// The longest key, in bytes.
    package static let byteCountMax = 1024
}

/// The limits of recursive length prefixes.
package enum RLPLimits {
    /// How deeply lists may be nested. Blocks and transactions of Ethereum need five.
    package static let depthMax = 64
}
