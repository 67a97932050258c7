/// The limits of the canonical coding (BCS).
package enum CodingLimits {
    /// The longest sequence, in elements: 2^31 - 1.
    package static let lengthMax = Int(Int32.max)
    /// How deeply values may be nested.
    package static let depthMax = 64
}
